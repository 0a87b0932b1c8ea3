using System.Globalization;
using Hubbub.Load.Reports;
using Hubbub.Load.Wire;

namespace Hubbub.Load.Scenarios;

/// <summary>What every scenario needs before it can begin: a name for the run, guests, rooms, and room for its sockets.</summary>
internal static class Arrangement
{
    private const int Conversations = 8;

    /// <summary>Files that a process has open besides the sockets under load: assemblies, epolls, the terminal.</summary>
    private const int OtherFiles = 300;

    private const int OtherPorts = 500;

    /// <summary>A name that no earlier run on this server had: rooms and keys begin with it.</summary>
    public static string NewRun() => "bench" + DateTimeOffset.UtcNow.ToUnixTimeMilliseconds().ToString("x", CultureInfo.InvariantCulture);

    /// <summary>Refuses a number of connections that this process cannot open, before it tries.</summary>
    public static void CheckConnections(int connections)
    {
        var files = OpenFilesLimit(File.ReadLines("/proc/self/limits"));
        if (connections > files - OtherFiles)
            throw new BenchmarkFailure(
                $"{connections} connections need more open files than this process may have ({files}, of which {OtherFiles} are kept back). "
                + "Ask for fewer, or raise `ulimit -n`.");
        var range = File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split('\t', StringSplitOptions.TrimEntries);
        var ports = int.Parse(range[1], CultureInfo.InvariantCulture) - int.Parse(range[0], CultureInfo.InvariantCulture) + 1;
        if (connections > ports - OtherPorts)
            throw new BenchmarkFailure(
                $"{connections} connections need more local ports than there are ({ports}, of which {OtherPorts} are kept back). "
                + "Ask for fewer, or widen net.ipv4.ip_local_port_range.");
    }

    /// <summary>Makes one guest for each connection, over a few connections at a time; returns their tokens.</summary>
    public static async Task<string[]> MakeGuestsAsync(Target target, int count, Stage stage, CancellationToken cancel)
    {
        var tokens = new string[count];
        int next = -1, made = 0;
        stage.Begin($"Making {count:#,0} guests", count, () => Volatile.Read(ref made));
        await Task.WhenAll(Enumerable.Range(0, Math.Min(Conversations, count)).Select(async _ =>
        {
            using var conversation = await HttpConversation.OpenAsync(target, cancel);
            for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
            {
                var answer = await conversation.AskAsync("POST", "/api/guests", null, $"{{\"name\":\"bench {i}\"}}", cancel);
                tokens[i] = answer.Expect(201).Text("token");
                Interlocked.Increment(ref made);
            }
        }));
        return tokens;
    }

    /// <summary>
    /// Makes public rooms <c>run-name-0</c> and so on, so that nothing depends on rooms being made by their first visitor.
    /// </summary>
    public static async Task<string[]> MakeRoomsAsync(
        Target target, string token, string run, string name, int count, CancellationToken cancel)
    {
        using var conversation = await HttpConversation.OpenAsync(target, cancel);
        var rooms = new string[count];
        for (var i = 0; i < count; i++)
        {
            rooms[i] = $"{run}-{name}-{i}";
            (await conversation.AskAsync("POST", "/api/rooms", token, $"{{\"id\":\"{rooms[i]}\"}}", cancel)).Expect(201);
        }
        return rooms;
    }

    internal static long OpenFilesLimit(IEnumerable<string> limits)
    {
        // "Max open files            20000                20000                files": the first number is the limit in force.
        var line = limits.First(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        var soft = line["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return soft == "unlimited" ? long.MaxValue : long.Parse(soft, CultureInfo.InvariantCulture);
    }
}
