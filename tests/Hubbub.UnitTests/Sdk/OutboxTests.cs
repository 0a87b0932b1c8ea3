using System.Net;
using System.Text;
using Hubbub.Client;
using Hubbub.Client.Wire;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Sdk;

/// <summary>One room's posts, against a server of a few lines that answers each as it is told.</summary>
public sealed class OutboxTests : IAsyncLifetime
{
    private static readonly User Ann = new(UserId.Parse("ann"), "Ann");

    private readonly HttpListener _server = new();
    private readonly CancellationTokenSource _over = new();
    private readonly List<string> _asked = [];
    private readonly Lock _lock = new();
    private Func<string, Task<(int Status, string Body)>> _answer = key => Task.FromResult(Stored(1));
    private Http _http = null!;
    private Outbox _outbox = null!;
    private Task _serving = Task.CompletedTask;

    private IReadOnlyList<string> Asked
    {
        get
        {
            lock (_lock)
                return [.. _asked];
        }
    }

    public Task InitializeAsync()
    {
        var url = $"http://127.0.0.1:{FreePort.Find()}/";
        _server.Prefixes.Add(url);
        _server.Start();
        _serving = ServeAsync();
        var options = new HubbubClientOptions { Url = new Uri(url), Token = (_, _) => ValueTask.FromResult("token"), MaxPosts = 3 };
        _http = new Http(options);
        _outbox = new Outbox(
            RoomId.Parse("room1"), new RoomHost(new HubbubApi(_http), options, new Random(1), () => Ann, () => true, _ => false, _ => { }, (_, _) => { }, _over.Token));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _over.CancelAsync();
        await _outbox.EndedAsync();
        _server.Stop();
        await _serving;
        _http.Dispose();
        _over.Dispose();
    }

    [Fact]
    public async Task The_next_leaves_only_when_the_one_before_is_acknowledged_and_a_retry_has_its_key()
    {
        var tries = 0;
        _answer = key => Task.FromResult(key == "k-1" && ++tries < 3 ? Refused(503, "store_unavailable", retryable: true) : Stored(tries));
        var posts = new[] { "k-1", "k-2", "k-3" }.Select(key => _outbox.Add("text", key)).ToList();
        foreach (var post in posts)
            await Eventually.WithinAsync("it is stored", post.Posted);
        Assert.Equal(["k-1", "k-1", "k-1", "k-2", "k-3"], Asked);
        Assert.Empty(_outbox.Pending);
    }

    [Fact]
    public async Task One_that_is_refused_for_good_fails_and_holds_up_nobody()
    {
        _answer = key => Task.FromResult(key == "k-1" ? Refused(400, "bad_message", retryable: false) : Stored(1));
        var (bad, good) = (_outbox.Add("text", "k-1"), _outbox.Add("text", "k-2"));
        Assert.Equal("bad_message", (await Assert.ThrowsAsync<HubbubException>(() => Eventually.WithinAsync("it fails", bad.Posted))).Code);
        Assert.Equal(1, (await Eventually.WithinAsync("it is stored", good.Posted)).Sequence);
    }

    [Fact]
    public async Task Its_own_event_acknowledges_a_post_whose_answer_does_not_come()
    {
        _answer = async key =>
        {
            if (key == "k-1")
                await Task.Delay(Timeout.Infinite, _over.Token);
            return Stored(8);
        };
        var (first, second) = (_outbox.Add("text", "k-1"), _outbox.Add("text", "k-2"));
        await Eventually.UntilAsync("it is on its way", () => Asked.Count == 1);
        _outbox.Arrived(Event(6, "k-1", new User(UserId.Parse("bob"), "Bob")));
        Assert.False(first.Posted.IsCompleted);
        _outbox.Arrived(Event(7, "k-1", Ann));
        Assert.Equal(7, (await Eventually.WithinAsync("it is acknowledged", first.Posted)).Sequence);
        Assert.Equal(8, (await Eventually.WithinAsync("the next is sent", second.Posted)).Sequence);
    }

    [Fact]
    public async Task One_more_than_the_limit_fails_at_once_and_the_rest_when_the_client_ends()
    {
        _answer = async _ =>
        {
            await Task.Delay(Timeout.Infinite, _over.Token);
            return Stored(1);
        };
        var posts = Enumerable.Range(1, 4).Select(i => _outbox.Add("text", $"k-{i}")).ToList();
        Assert.Equal("outbox_full", (await Assert.ThrowsAsync<HubbubException>(() => posts[3].Posted)).Code);
        await _over.CancelAsync();
        foreach (var post in posts.Take(3))
            Assert.Equal("closed", (await Assert.ThrowsAsync<HubbubException>(() => Eventually.WithinAsync("it fails", post.Posted))).Code);
        Assert.Equal("closed", (await Assert.ThrowsAsync<HubbubException>(() => _outbox.Add("text", "k-5").Posted)).Code);
    }

    private static (int Status, string Body) Stored(long sequence) => (201, $$"""{"room":"room1","sequence":{{sequence}},"epoch":"00000001","id":"00000001:{{sequence}}","sentAt":"2026-01-01T00:00:00.000Z"}""");

    private static (int Status, string Body) Refused(int status, string code, bool retryable) => (status, $$"""{"status":{{status}},"detail":"No.","code":"{{code}}","retryable":{{(retryable ? "true" : "false")}}}""");

    private static RoomEvent Event(long sequence, string key, User sender) =>
        new(RoomId.Parse("room1"), new Position(new Epoch(1), sequence), sender, default, key, new MessagePosted("text"));

    private async Task ServeAsync()
    {
        var answering = new List<Task>();
        try
        {
            while (true)
                answering.Add(AnswerAsync(await _server.GetContextAsync()));
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            await Task.WhenAll(answering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task AnswerAsync(HttpListenerContext http)
    {
        using var body = await System.Text.Json.JsonDocument.ParseAsync(http.Request.InputStream);
        var key = body.RootElement.GetProperty("key").GetString()!;
        lock (_lock)
            _asked.Add(key);
        var (status, answer) = await _answer(key);
        http.Response.StatusCode = status;
        http.Response.ContentType = status < 400 ? "application/json" : "application/problem+json";
        http.Response.Close(Encoding.UTF8.GetBytes(answer), willBlock: false);
    }
}
