using System.Diagnostics.CodeAnalysis;
using Hubbub.ConformanceTests.Servers;
using Hubbub.ConformanceTests.Transports.Readers;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Transports;

/// <summary>
/// What reading is, on every transport: one question (what comes after this position), one story, told once and in order, over cuts, restarts and servers. Each
/// transport inherits the whole.
/// </summary>
[SuppressMessage("Naming", "CA1716", Justification = "The part of the name after the dot is the file's, not a namespace.")]
public abstract partial class ReadingContract
{
    private const string Room = "room1";

    private protected abstract Transport Transport { get; }

    [Fact]
    public async Task What_is_posted_is_told_as_it_happens()
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        using var bob = await server.GuestAsync("Bob");
        await using var reader = await OpenAsync(bob, Start.Head);

        var said = await SayAsync(ada, 20);

        var events = await reader.EventsAsync(20);
        Assert.Equal(said, events.Select(e => e.Text("message")));
        Assert.Equal(Enumerable.Range(2, 20).Select(s => (long)s), events.Select(e => e.Sequence));
        Assert.All(events, e => Assert.Equal("Ada", e.Fields.GetProperty("sender").GetProperty("name").GetString()));
        Assert.All(events, e => Assert.Equal(Room, e.Text("roomId")));
        Assert.Equal(events[^1].Text("id"), reader.Position);
    }

    [Theory]
    [InlineData(StoreKind.Memory)]
    [InlineData(StoreKind.Sqlite)]
    public async Task A_reader_that_was_cut_misses_nothing_and_is_told_nothing_twice(StoreKind kind)
    {
        await using var store = await SharedStore.OfAsync(kind);
        await using var server = await InProcessServer.StartAsync(s => s.Store = store);
        using var ada = await server.GuestAsync("Ada");
        string position;
        List<string> heard;
        await using (var reader = await OpenAsync(ada, Start.Head))
        {
            await SayAsync(ada, 10);
            heard = await reader.MessagesAsync(6);
            position = reader.Position;
        }

        await SayAsync(ada, 10, first: 11);
        await using var again = await OpenAsync(ada, Start.Behind(position));
        heard.AddRange(await again.MessagesAsync(14));
        await SayAsync(ada, 1, first: 21);
        heard.AddRange(await again.MessagesAsync(1));

        Assert.Equal(Said(21), heard);
    }

    [Theory]
    [InlineData(StoreKind.Memory, 1)]
    [InlineData(StoreKind.Memory, 2)]
    [InlineData(StoreKind.Sqlite, 3)]
    public async Task However_often_and_wherever_a_reader_is_cut_the_story_stays_whole(StoreKind kind, int seed)
    {
        const int Messages = 200;
        var random = new Random(seed);
        await using var store = await SharedStore.OfAsync(kind);

        // A small lane, so that a reader who comes back finds some of its past in memory and some in the store.
        await using var server = await InProcessServer.StartAsync(s => (s.Store, s.Options) = (store, o => o.LaneFrames = 16));
        using var ada = await server.GuestAsync("Ada");
        var reader = await OpenAsync(ada, Start.Head);
        var writing = SayAsync(ada, Messages);
        var heard = new List<Told>();
        try
        {
            while (heard.Count < Messages)
            {
                heard.AddRange(await reader.EventsAsync(Math.Min(random.Next(0, 25), Messages - heard.Count)));
                var position = reader.Position;
                await reader.DisposeAsync();
                reader = await OpenAsync(ada, Start.Behind(position));
            }
        }
        finally
        {
            await reader.DisposeAsync();
            await writing;
        }

        Assert.True(Said(Messages).SequenceEqual(heard.Select(e => e.Text("message"))), $"Seed {seed}: heard {string.Join(' ', heard.Select(e => e.Sequence))}");
    }

    [Theory]
    [InlineData(StoreKind.Memory)]
    [InlineData(StoreKind.Sqlite)]
    public async Task A_story_goes_on_at_another_node_and_after_a_restart(StoreKind kind)
    {
        await using var store = await SharedStore.OfAsync(kind);
        var heard = new List<string>();
        var (position, token) = ("", "");
        await using (var one = await InProcessServer.StartAsync(s => s.Store = store))
        {
            using var ada = await one.GuestAsync("Ada");
            token = ada.Token!;
            await using (var reader = await OpenAsync(ada, Start.Head))
            {
                await SayAsync(ada, 5);
                heard.AddRange(await reader.MessagesAsync(3));
                position = reader.Position;
            }

            await using var two = await InProcessServer.StartAsync(s => s.Store = store);
            using var elsewhere = new HttpApi(two.Url, token);
            await using var other = await OpenAsync(elsewhere, Start.Behind(position));
            await SayAsync(ada, 5, first: 6);
            heard.AddRange(await other.MessagesAsync(6));
            position = other.Position;
        }

        await using var three = await InProcessServer.StartAsync(s => s.Store = store);
        using var later = new HttpApi(three.Url, token);
        await using var last = await OpenAsync(later, Start.Behind(position));
        await SayAsync(later, 2, first: 11);
        heard.AddRange(await last.MessagesAsync(3));

        Assert.Equal(Said(12), heard);
    }

    [Fact]
    public async Task A_reader_that_takes_nothing_for_a_while_still_gets_everything()
    {
        const int Messages = 500;
        var text = Noise.OfLength(15_000);
        await using var server = await InProcessServer.StartAsync(s => s.Options = o => o.LaneFrames = 8);
        using var ada = await server.GuestAsync("Ada");
        await using var reader = await OpenAsync(ada, Start.Head);

        // Some 7.5 MB, compressed 5.6: more than the kernel keeps for a connection, so the reader must fall off the lane.
        for (var i = 1; i <= Messages; i++)
            await ada.SayAsync(Room, $"{i} {text}");

        var heard = await reader.EventsAsync(Messages);
        Assert.Equal(Enumerable.Range(1, Messages).Select(i => $"{i} {text}"), heard.Select(e => e.Text("message")));
    }

    private protected Task<Reader> OpenAsync(HttpApi user, Start start, string room = Room) => Transport.Open(user, room, start);

    /// <summary>Posts "message 1", "message 2" … one after the other.</summary>
    private protected static async Task<List<string>> SayAsync(HttpApi user, int count, int first = 1, string room = Room)
    {
        var said = Said(count, first);
        foreach (var text in said)
            await user.SayAsync(room, text);
        return said;
    }

    private protected static List<string> Said(int count, int first = 1) => [.. Enumerable.Range(first, count).Select(i => $"message {i}")];
}
