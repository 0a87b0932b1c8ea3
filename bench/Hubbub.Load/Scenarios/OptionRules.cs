using Hubbub.Load.Posting;
using Hubbub.Load.Wire;

namespace Hubbub.Load.Scenarios;

/// <summary>The limits that the options document, each with the sentence that a user sees.</summary>
internal static class OptionRules
{
    public static void Check(PostOptions options)
    {
        InRange("The number of clients", options.Clients, 1, 4096);
        InRange("The number of rooms", options.Rooms, 1, 1024);
        InRange("The offered rate", options.RatePerSecond, 0, 1_000_000);
        InRange("The number of nodes", options.Others.Count + 1, 1, options.Clients);
        CheckMeasuring(options.Duration, options.WarmUp, options.MessageBytes, options.Via);
    }

    public static void Check(FanoutOptions options)
    {
        InRange("The number of listeners", options.Listeners, 1, Stamp.MaxClients);
        InRange("The number of idle connections", options.Idle, 0, 1_000_000);
        InRange("The number of idle rooms", options.IdleRooms, 1, 10_000);
        InRange("The number of loops", options.Loops, 1, 8);
        InRange("The rate", options.RatePerSecond, 0.1, 10_000);
        if (options.Mode is not ("open" or "closed"))
            throw new BenchmarkFailure($"The mode is \"open\" or \"closed\", and not \"{options.Mode}\".");
        CheckMeasuring(options.Duration, options.WarmUp, options.MessageBytes, options.Via);
        var posts = options.RatePerSecond * (options.Duration + options.WarmUp).TotalSeconds;
        if (options.Mode == "open" && posts > PostTally.MaxPosts)
            throw new BenchmarkFailure($"This rate for this long makes {posts:#,0} posts, and a run ends at {PostTally.MaxPosts:#,0}.");
    }

    public static void Check(IdleOptions options)
    {
        InRange("The number of connections", options.Connections, 1, 1_000_000);
        InRange("The number of rooms", options.Rooms, 1, 10_000);
        InRange("The time they are held in seconds", options.Hold.TotalSeconds, 0, 3600);
    }

    private static void CheckMeasuring(TimeSpan duration, TimeSpan warmUp, int messageBytes, string via)
    {
        InRange("The measured time in seconds", duration.TotalSeconds, 1, 3600);
        InRange("The warm-up in seconds", warmUp.TotalSeconds, 0, 600);
        InRange("The length of a message in bytes", messageBytes, MessageTemplate.MinMessageBytes, MessageTemplate.MaxMessageBytes);
        if (via is not ("http" or "ws"))
            throw new BenchmarkFailure($"Messages are posted by \"http\" or \"ws\", and not by \"{via}\".");
    }

    private static void InRange(string what, double value, double least, double most)
    {
        if (!(value >= least && value <= most))
            throw new BenchmarkFailure(FormattableString.Invariant(
                $"{what} must be between {least:#,0.#} and {most:#,0}, and {value:0.###} is not."));
    }
}
