using System.Net;
using System.Text.Json;
using Hubbub.Protocol;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Hubbub.Torture.History;

namespace Hubbub.EndToEndTests.Durability;

/// <summary>
/// Clients that post message after message over HTTP, repeat each with its key until it is acknowledged, and write down everything they did and were told.
/// </summary>
internal sealed class Posters(HistoryRecorder recorder, IReadOnlyList<RoomId> rooms) : IDisposable
{
    private readonly List<HttpApi> _clients = [];
    private readonly CancellationTokenSource _enough = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource _reached = new();
    private int _acknowledged;
    private int _awaited = int.MaxValue;

    /// <summary>Messages acknowledged so far.</summary>
    public int Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Completes in the very moment in which so many more are acknowledged; for one waiter at a time.</summary>
    public Task AcknowledgedAsync(int more)
    {
        lock (_lock)
        {
            _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited = _acknowledged + more;
            return _reached.Task;
        }
    }

    /// <summary>Sends them off; the task ends after <see cref="Stop"/>, when each has its last message acknowledged.</summary>
    public async Task RunAsync(Uri server, int count)
    {
        for (var i = 0; i < count; i++)
            _clients.Add(await HttpApi.GuestAsync(server, $"Poster {i}"));
        await Task.WhenAll(_clients.Select((client, i) => PostAsync(client, $"p{i}")));
    }

    /// <summary>Where an event or a stored post stands.</summary>
    public static Position PositionOf(JsonElement stored) =>
        Position.TryParse(stored.GetProperty("id").GetString(), out var position) ? position : throw new FormatException($"No position: {stored}");

    public void Stop() => _enough.Cancel();

    public void Dispose()
    {
        foreach (var client in _clients)
            client.Dispose();
        _enough.Dispose();
    }

    private async Task PostAsync(HttpApi client, string name)
    {
        for (var i = 0; !_enough.IsCancellationRequested; i++)
        {
            var (room, key) = (rooms[i % rooms.Count], $"{name}-{i}");
            await Eventually.UntilAsync($"{key} is acknowledged", () => TryPostAsync(client, name, room, key), TimeSpan.FromSeconds(60));
            lock (_lock)
            {
                if (++_acknowledged == _awaited)
                    _reached.SetResult();
            }
        }
    }

    private async Task<bool> TryPostAsync(HttpApi client, string name, RoomId room, string key)
    {
        var text = TextOf(key);
        recorder.Note(at => new PostInvoked(at, name, room, key, Fingerprint.Of(text)));
        try
        {
            var answer = await client.PostAsync($"/api/rooms/{room}/messages", new { message = text, key });
            if (answer.Status is HttpStatusCode.Created or HttpStatusCode.OK)
            {
                var position = PositionOf(answer.Json);
                recorder.Note(at => new PostConfirmed(at, name, room, key, position));
                return true;
            }

            Assert.True(answer.Json.GetProperty("retryable").GetBoolean(), $"A post was refused for good: {answer}");
        }
        catch (HttpRequestException)
        {
            // The server was killed: nobody knows whether the message is stored.
        }

        recorder.Note(at => new PostUncertain(at, name, room, key));
        return false;
    }

    /// <summary>What a message says follows from its key, so that a corrupt one is found.</summary>
    private static string TextOf(string key) => $"{key} {new string('.', key.Length * 7)}";
}
