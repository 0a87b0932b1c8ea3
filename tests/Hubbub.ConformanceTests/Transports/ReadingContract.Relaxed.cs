using System.Net;
using Hubbub.ConformanceTests.Servers;
using Hubbub.ConformanceTests.Transports.Readers;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Transports;

/// <summary>Relaxed rooms: a stream skips and counts what it skips, exactly; whoever asks the log gets everything.</summary>
public abstract partial class ReadingContract
{
    [Fact]
    public async Task In_a_relaxed_room_what_is_told_and_what_is_counted_as_skipped_make_the_log()
    {
        const int Messages = 200;
        await using var server = await InProcessServer.StartAsync(
            s => s.Options = o => (o.RelaxedRate, o.RelaxedWindow) = (5, TimeSpan.FromMilliseconds(50)));
        using var ada = await server.GuestAsync("Ada");
        await MakeRelaxedRoomAsync(ada);
        await using var reader = await OpenAsync(ada, Start.Head);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => SayAsync(ada, Messages / 8, first: 1000 * i)));

        var (told, skipped) = await ReadUpToAsync(reader, Messages + 1);
        Assert.Equal(Messages, told + skipped);
        Assert.Equal(Transport.IsStream, skipped > 0);
        Assert.Equal(Messages + 1, (await HistoryAsync(ada)).Count);
    }

    [Fact]
    public async Task Who_is_too_slow_for_a_relaxed_room_skips_to_the_newest_and_is_told_how_many()
    {
        const int Messages = 1_000;
        var text = new string('x', 15_000);
        await using var server = await InProcessServer.StartAsync(
            s => s.Options = o => (o.LaneFrames, o.RelaxedRate, o.RelaxedWindow) = (8, 10_000, TimeSpan.FromMilliseconds(1)));
        using var ada = await server.GuestAsync("Ada");
        await MakeRelaxedRoomAsync(ada);
        await using var reader = await OpenAsync(ada, Start.Head);

        // Some 15 MB: more than the kernel keeps for a connection, so the reader must fall off the lane.
        for (var i = 1; i <= Messages; i++)
            await ada.SayAsync(Room, $"{i} {text}");

        var (told, skipped) = await ReadUpToAsync(reader, Messages + 1);
        Assert.Equal(Messages, told + skipped);
        Assert.Equal(Transport.IsStream, skipped > 0);
    }

    [Theory]
    [InlineData(10, false)]
    [InlineData(60, true)]
    public async Task Who_comes_back_to_a_relaxed_room_is_told_all_of_a_little_and_the_newest_of_much(int missed, bool skips)
    {
        await using var server = await InProcessServer.StartAsync(
            s => s.Options = o => (o.RelaxedRate, o.RelaxedReplay, o.RelaxedWindow) = (5, 20, TimeSpan.FromMilliseconds(1)));
        using var ada = await server.GuestAsync("Ada");
        await MakeRelaxedRoomAsync(ada);
        string position;
        await using (var reader = await OpenAsync(ada, Start.Head))
        {
            await SayAsync(ada, 1);
            await ReadUpToAsync(reader, 2);
            position = reader.Position;
        }

        // Somebody else's reading shows when the room has told all of it: then nothing of it is live any more.
        await using (var witness = await OpenAsync(ada, Start.Head))
        {
            await Task.WhenAll(Enumerable.Range(0, 10).Select(i => SayAsync(ada, missed / 10, first: 1000 * i)));
            await ReadUpToAsync(witness, missed + 2);
        }

        await using var again = await OpenAsync(ada, Start.Behind(position));

        var (told, skipped) = await ReadUpToAsync(again, missed + 2);
        Assert.Equal(missed, told + skipped);
        Assert.Equal(skips && Transport.IsStream, skipped > 0);
    }

    [Fact]
    public async Task The_newest_of_a_relaxed_room_are_told_as_many_as_are_asked_for()
    {
        await using var server = await InProcessServer.StartAsync(
            s => s.Options = o => (o.RelaxedRate, o.RelaxedReplay) = (5, 0));
        using var ada = await server.GuestAsync("Ada");
        await MakeRelaxedRoomAsync(ada);
        var said = await SayAsync(ada, 100);
        await using var reader = await OpenAsync(ada, Start.Newest(80));
        Assert.Equal(said.Skip(20), await reader.MessagesAsync(80));
    }

    private static async Task MakeRelaxedRoomAsync(HttpApi owner) =>
        (await owner.PostAsync("/api/rooms", new { id = Room, consistency = "relaxed" })).Expect(HttpStatusCode.Created);

    /// <summary>Reads to this sequence: each event is the next, each skip begins where the reader stands and is as long as it says.</summary>
    private static async Task<(long Told, long Skipped)> ReadUpToAsync(Reader reader, long head)
    {
        var (told, skipped, sequence) = (0L, 0L, SequenceOf(reader.Position));
        while (sequence < head)
        {
            var next = await reader.NextAsync();
            if (next.Type == "skipped")
            {
                var (from, to) = (SequenceOf(next.Text("from")), SequenceOf(next.Text("to")));
                Assert.Equal(sequence, from);
                Assert.Equal(to - from, next.Fields.GetProperty("count").GetInt64());
                Assert.Equal(Room, next.Text("roomId"));
                skipped += to - from;
                sequence = to;
            }
            else
            {
                Assert.True(next.IsEvent, next.ToString());
                Assert.Equal(sequence + 1, next.Sequence);
                told++;
                sequence++;
            }

            Assert.Equal(sequence, SequenceOf(reader.Position));
        }

        return (told, skipped);
    }

    private static async Task<List<long>> HistoryAsync(HttpApi user)
    {
        var answer = await user.EventsAsync(Room, "after=0&limit=1000");
        return [.. answer.Json.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("sequence").GetInt64())];
    }

    private static long SequenceOf(string position) => long.Parse(position.Split(':')[^1], System.Globalization.CultureInfo.InvariantCulture);
}
