namespace Hubbub.Protocol.Frames;

/// <summary>The wire's words for our enumerations.</summary>
public static class Words
{
    /// <summary>UTC, ISO 8601, milliseconds.</summary>
    public const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static string Of(Visibility visibility) => visibility == Visibility.Private ? "private" : "public";

    public static string Of(Consistency consistency) => consistency == Consistency.Relaxed ? "relaxed" : "strong";

    public static string Of(Role role) => role switch
    {
        Role.Owner => "owner",
        Role.Moderator => "moderator",
        Role.Reader => "reader",
        _ => "member",
    };

    public static string Of(LeaveReason reason) => reason switch
    {
        LeaveReason.Removed => "removed",
        LeaveReason.Kicked => "kicked",
        _ => "left",
    };

    public static string Of(GapReason reason) => reason == GapReason.TooFarBehind ? "too_far_behind" : "lost_past";

    public static bool TryRead(string? word, out Visibility visibility)
    {
        visibility = word == "private" ? Visibility.Private : Visibility.Public;
        return word is "private" or "public";
    }

    public static bool TryRead(string? word, out Consistency consistency)
    {
        consistency = word == "relaxed" ? Consistency.Relaxed : Consistency.Strong;
        return word is "relaxed" or "strong";
    }

    public static bool TryRead(string? word, out Role role)
    {
        role = word switch { "owner" => Role.Owner, "moderator" => Role.Moderator, "reader" => Role.Reader, _ => Role.Member };
        return word is "owner" or "moderator" or "member" or "reader";
    }

    public static bool TryRead(string? word, out LeaveReason reason)
    {
        reason = word switch { "removed" => LeaveReason.Removed, "kicked" => LeaveReason.Kicked, _ => LeaveReason.Left };
        return word is "left" or "removed" or "kicked";
    }
}

/// <summary>Why a reader's story does not go on.</summary>
public enum GapReason : byte
{
    /// <summary>The position is of another epoch, or ahead of the head.</summary>
    LostPast = 0,

    /// <summary>Further behind than the server replays.</summary>
    TooFarBehind = 1,
}
