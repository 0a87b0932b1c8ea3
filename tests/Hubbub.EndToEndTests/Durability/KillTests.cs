using Hubbub.Protocol;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Hubbub.TestKit.Servers;
using Hubbub.Torture.History;
using Xunit.Abstractions;

namespace Hubbub.EndToEndTests.Durability;

/// <summary>The process is killed at moments drawn from a seed, while many post: no acknowledged message may be lost, doubled, moved or changed.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Clients = 12;
    private const int Kills = 12;

    private static readonly RoomId[] Rooms = [RoomId.Parse("kill-a"), RoomId.Parse("kill-b"), RoomId.Parse("kill-c")];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Every_acknowledged_message_is_there_once_and_in_its_place_after_kills_at_any_moment(int seed)
    {
        // The moments of the kills follow the seed; what the machine does in between does not.
        var random = new Random(seed);
        var recorder = new HistoryRecorder(TimeProvider.System);
        await using var server = await ServerProcess.StartAsync();
        using var posters = new Posters(recorder, Rooms);
        var posting = posters.RunAsync(server.Url, Clients);
        for (var kill = 1; kill <= Kills; kill++)
        {
            // Every other kill strikes in the moment of an acknowledgement: what is acknowledged too early is lost then. The others strike some milliseconds later.
            var delay = kill % 2 == 0 ? TimeSpan.Zero : TimeSpan.FromMicroseconds(random.Next(5_000));
            var reached = posters.AcknowledgedAsync(random.Next(1, 400));
            await Eventually.WithinAsync("so many are acknowledged", Task.WhenAny(reached, posting), TimeSpan.FromSeconds(60));
            if (delay > TimeSpan.Zero)
                await Task.Delay(delay);
            await server.KillAsync();
            recorder.Note(at => new FaultNoted(at, $"kill {kill}"));
            await server.RestartAsync();
        }

        posters.Stop();
        await posting;
        await server.RestartAsync();
        using (var reader = await HttpApi.GuestAsync(server.Url, "Reader"))
        {
            foreach (var room in Rooms)
                await ReadAllAsync(reader, room, recorder);
        }

        var history = recorder.Finish();
        output.WriteLine(
            $"seed {seed}: {posters.Acknowledged} messages, {history.Of<PostInvoked>().Count()} attempts, {history.Of<PostUncertain>().Count()} of them cut or refused.");
        Assert.NotEmpty(history.Of<PostUncertain>());
        Assert.True(HistoryChecker.Check(history) is [], $"seed {seed}:\n{string.Join('\n', HistoryChecker.Check(history))}");
    }

    private static async Task ReadAllAsync(HttpApi reader, RoomId room, HistoryRecorder recorder)
    {
        List<Entry> entries = [];
        for (var position = "0"; ;)
        {
            var answer = await reader.EventsAsync(room.Value, $"after={position}&limit=1000");
            var page = answer.Json.GetProperty("events").EnumerateArray().ToList();
            if (page.Count == 0)
                break;
            foreach (var e in page)
            {
                var at = Posters.PositionOf(e);
                entries.Add(e.GetProperty("type").ValueEquals("message")
                    ? new Entry(at, e.GetProperty("key").GetString()!, Fingerprint.Of(e.GetProperty("message").GetString()!))
                    : new Entry(at, $"#{e.GetProperty("type").GetString()}", 0));
            }

            position = answer.Text("position");
        }

        recorder.Note(at => new FinalLog(at, room, FinalSource.Client, entries));
    }
}
