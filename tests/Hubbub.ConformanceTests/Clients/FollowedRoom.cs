using Hubbub.Client;
using Hubbub.Protocol;

namespace Hubbub.ConformanceTests.Clients;

/// <summary>A room of the .NET client with all that its reader was told. Thread-safe.</summary>
internal sealed class FollowedRoom : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<RoomUpdate> _told = [];
    private readonly CancellationTokenSource _over = new();
    private readonly Task _reading;

    private FollowedRoom(RoomSubscription room)
    {
        Room = room;
        _reading = ReadAsync();
    }

    public RoomSubscription Room { get; }

    public IReadOnlyList<RoomUpdate> Told
    {
        get
        {
            lock (_lock)
                return [.. _told];
        }
    }

    public IReadOnlyList<RoomEvent> Events => [.. Told.OfType<RoomUpdate.Happened>().Select(h => h.Event)];

    public IReadOnlyList<string> Texts => [.. Events.Select(e => e.Content).OfType<MessagePosted>().Select(m => m.Text)];

    /// <summary>Follows a room, and waits until its story has begun.</summary>
    public static async Task<FollowedRoom> FollowAsync(HubbubClient client, string room, RoomStart start = default)
    {
        var followed = new FollowedRoom(client.Join(RoomId.Parse(room), start));
        await Eventually.UntilAsync("the room's story has begun", () => followed.Room.Position is not null || followed.Told.Count > 0);
        return followed;
    }

    public Task HasAsync(int messages) => Eventually.UntilAsync($"{messages} messages have come", () => Texts.Count >= messages, TimeSpan.FromSeconds(30));

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _reading;
        _over.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var update in Room.ReadAsync(_over.Token))
            {
                lock (_lock)
                    _told.Add(update);
            }
        }
        catch (OperationCanceledException)
        {
            // Told enough.
        }
    }
}
