using Hubbub.SdkTests.Scripted;
using Hubbub.SdkTests.Sdks;

namespace Hubbub.SdkTests.Scenarios;

/// <summary>
/// What a reader has, which began somewhere and was told the rest by a server that loses, repeats, disorders, cuts and begins new lives, equals what a fresh reader fetches. Each story is made of its seed.
/// </summary>
public sealed class StoryTests : Scenario
{
    public static TheoryData<string, string, int> Stories
    {
        get
        {
            var stories = new TheoryData<string, string, int>();
            foreach (var sdk in Sdk.Names)
            {
                foreach (var transport in new[] { "websocket", "sse", "longpoll" })
                {
                    for (var seed = 1; seed <= 3; seed++)
                        stories.Add(sdk, transport, seed);
                }
            }

            return stories;
        }
    }

    [Theory]
    [MemberData(nameof(Stories))]
    public async Task A_stale_reader_with_what_comes_and_a_fresh_one_agree(string name, string transport, int seed)
    {
        var random = new Random(seed);
        var log = Server.Room();
        for (var i = random.Next(20); i > 0; i--)
            Happen(log, random);
        var begin = log.Head;
        var sdk = Start(name, transport);
        sdk.Join("room1", log.At(begin));
        sdk.Connect();
        var connection = await ContinueAsync();
        for (var step = 0; step < 40; step++)
        {
            var before = log.Head;
            for (var i = random.Next(4); i >= 0; i--)
                Happen(log, random);
            await TellBadlyAsync(connection, log, before, random);
            var fate = random.Next(20);
            if (fate > 14)
                await CatchUpAsync("now");
            else if (fate == 0)
            {
                await connection.CutAsync();
                connection = await ContinueAsync();
            }
            else if (fate == 1)
            {
                // Everything is lost, and what is said now is of another life.
                log.BeginNewLife($"{random.Next():x8}");
                for (var i = random.Next(1, 6); i > 0; i--)
                    Happen(log, random);
            }
        }

        // The first may be lost in a gap, the second is not.
        await CatchUpAsync("the end");
        await CatchUpAsync("the very end");
        sdk.Fetch("room1");
        await sdk.SaysAsync("fetched all");

        // A gap says: drop what you hold, and fetch what is up to there anew.
        var fetched = sdk.Said("fetched").SkipLast(1).Select(l => l["fetched ".Length..]).ToList();
        var told = sdk.Said("event", "gap");
        var gap = told.ToList().FindLastIndex(l => l.StartsWith("gap", StringComparison.Ordinal));
        var from = gap < 0 ? begin : long.Parse(told[gap].Split(' ')[2].Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(fetched.Where(l => SequenceOf(l) > from), told.Skip(gap + 1).Select(l => l["event ".Length..]));
        Assert.EndsWith("the very end", told[^1], StringComparison.Ordinal);
        Assert.Empty(sdk.Said("left", "refused", "error"));

        // What is told last is told well, and has the reader come to the log's end: by events, or by a gap up to there.
        async Task CatchUpAsync(string text)
        {
            var last = log.Append(text);
            while (true)
            {
                await connection.TellAsync(last);
                await sdk.HurryUntilAsync($"has come to {last}", _ => HasCome() || Server.IsNextThere, TimeSpan.FromMilliseconds(20));
                if (HasCome())
                    return;

                // The client has given the connection up for a reason of its own, such as a busy machine.
                connection = await ContinueAsync();
            }

            bool HasCome() => sdk.Said("event", "gap").Any(l => l == $"event {last} {text}" || l.EndsWith($" {log.At(last)} lost_past", StringComparison.Ordinal));
        }

        async Task<ScriptedConnection> ContinueAsync()
        {
            var next = await Server.NextAsync();
            await next.WelcomeAsync();
            await next.AnswerAsync(await next.AskedAsync("room1"), asked => new Verdict.Begin(asked.After!, log.Head));
            return next;
        }
    }

    private static long SequenceOf(string line) => long.Parse(line.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);

    private static void Happen(ScriptedLog log, Random random)
    {
        _ = random.Next(10) switch
        {
            0 when log.Head > 0 => log.AppendEdit(random.NextInt64(1, log.Head + 1), $"edited {random.Next(100)}"),
            1 when log.Head > 0 => log.AppendDeletion(random.NextInt64(1, log.Head + 1)),
            2 => log.AppendMember($"u-{random.Next(100)}"),
            3 => log.AppendName($"name {random.Next(100)}"),
            4 => log.AppendForeign(),
            _ => log.Append($"text {random.Next(1000)}"),
        };
    }

    /// <summary>Some are lost, some come late, some twice, and in any order.</summary>
    private static async Task TellBadlyAsync(ScriptedConnection connection, ScriptedLog log, long before, Random random)
    {
        var told = new List<long>();
        for (var sequence = before + 1; sequence <= log.Head; sequence++)
        {
            if (random.Next(3) > 0)
                told.Insert(random.Next(4) == 0 ? random.Next(told.Count + 1) : told.Count, sequence);
            if (random.Next(4) == 0)
                told.Add(random.NextInt64(1, sequence + 1));
        }

        if (told.Count > 0)
            await connection.TellAsync([.. told]);
    }
}
