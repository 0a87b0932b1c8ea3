namespace Hubbub.SdkTests;

/// <summary>What each SDK must make of a server that does its worst: the same scenario, the same trace.</summary>
public sealed class SdkConformanceTests : IAsyncLifetime
{
    private ScriptedServer _server = null!;

    public static TheoryData<string> Sdks => ["typescript", "dotnet"];

    public async Task InitializeAsync() => _server = await ScriptedServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [MemberData(nameof(Sdks))]
    public async Task Events_come_once_and_in_order_whatever_comes_over_the_wire(string name)
    {
        var (sdk, socket) = await FollowAsync(name);
        await using var _ = sdk;
        foreach (var text in new[] { "one", "two", "three", "four", "five" })
            _server.Append(text);

        // Disordered, repeated, and two and four are never told.
        foreach (var sequence in new[] { 1, 1, 3, 1, 5, 3 })
            await socket.SendAsync("message", _server.Event(sequence));

        await sdk.SaysAsync("event 5 five");
        Expect(sdk, "state connecting", "state online", "event 1 one", "event 2 two", "event 3 three", "event 4 four", "event 5 five");
    }

    [Theory]
    [MemberData(nameof(Sdks))]
    public async Task What_a_later_protocol_says_is_passed_over_live_and_in_the_log(string name)
    {
        var (sdk, socket) = await FollowAsync(name);
        await using var _ = sdk;
        _server.Append("one");
        await socket.SendAsync("of_a_later_protocol", _server.Event(_server.AppendForeign()));
        _server.AppendForeign();
        _server.Append("four");
        await socket.SendAsync("message", _server.Event(4));
        await socket.SendAsync("of_a_later_protocol", _server.Event(_server.AppendForeign()));
        _server.Append("six");
        await socket.SendAsync("message", _server.Event(6));

        await sdk.SaysAsync("event 6 six");
        Expect(sdk, "state connecting", "state online", "event 1 one", "event 4 four", "event 6 six");
    }

    [Theory]
    [MemberData(nameof(Sdks))]
    public async Task How_far_the_user_has_read_is_handed_on_and_only_forward(string name)
    {
        var (sdk, socket) = await FollowAsync(name);
        await using var _ = sdk;
        _server.Append("one");
        await socket.SendAsync("message", _server.Event(1));
        await sdk.SaysAsync("event 1 one");
        const string epoch = ScriptedServer.Epoch;
        foreach (var position in new[] { $"{epoch}:3", $"{epoch}:3", $"{epoch}:2", $"{epoch}:7", "nonsense" })
            await socket.SendAsync("read", new { roomId = "room1", user = new { id = "u", name = "U" }, position });
        _server.Append("two");
        await socket.SendAsync("message", _server.Event(2));

        await sdk.SaysAsync("event 2 two");
        Expect(sdk, "state connecting", "state online", "event 1 one", $"read {epoch}:3", $"read {epoch}:7", "event 2 two");
    }

    [Theory]
    [MemberData(nameof(Sdks))]
    public async Task A_log_that_lags_is_asked_again_until_it_has_what_was_told(string name)
    {
        var (sdk, socket) = await FollowAsync(name);
        await using var _ = sdk;
        foreach (var text in new[] { "one", "two", "three" })
            _server.Append(text);
        _server.PagesEndAt = 1;
        await socket.SendAsync("message", _server.Event(3));
        await sdk.SaysAsync("event 1 one");
        _server.PagesEndAt = 3;

        await sdk.SaysAsync("event 3 three");
        Expect(sdk, "state connecting", "state online", "event 1 one", "event 2 two", "event 3 three");
    }

    [Theory]
    [MemberData(nameof(Sdks))]
    public async Task After_a_cut_it_goes_on_behind_the_last_that_was_handed_on(string name)
    {
        var (sdk, socket) = await FollowAsync(name);
        await using var _ = sdk;
        _server.Append("one");
        await socket.SendAsync("message", _server.Event(1));
        await sdk.SaysAsync("event 1 one");
        socket.Cut();
        _server.Append("two");

        socket = await _server.NextSocketAsync();
        await socket.WelcomeAsync();
        await socket.JoinedAsync(ScriptedServer.At(1), 1);
        await socket.SendAsync("message", _server.Event(2));

        await sdk.SaysAsync("event 2 two");
        Expect(sdk, "state connecting", "state online", "event 1 one", "state reconnecting", "state online", "event 2 two");
    }

    [Theory]
    [MemberData(nameof(Sdks))]
    public async Task Asked_to_reconnect_it_moves_before_it_breaks_and_nobody_sees_it(string name)
    {
        var (sdk, old) = await FollowAsync(name);
        await using var _ = sdk;
        foreach (var text in new[] { "one", "two", "three" })
            _server.Append(text);
        await old.SendAsync("message", _server.Event(1));
        await sdk.SaysAsync("event 1 one");

        await old.SendAsync("reconnect", new { reason = "drain", deadline = 10 });
        var fresh = await _server.NextSocketAsync();
        await old.SendAsync("message", _server.Event(2));
        await fresh.WelcomeAsync();
        await fresh.ExpectAsync("join");
        await Eventually.WithinAsync("the old one is closed by the client", old.Ended);
        foreach (var sequence in new[] { 1, 2, 3 })
            await fresh.SendAsync("message", _server.Event(sequence));

        await sdk.SaysAsync("event 3 three");
        Expect(sdk, "state connecting", "state online", "event 1 one", "event 2 two", "event 3 three");
    }

    [Theory]
    [MemberData(nameof(Sdks))]
    public async Task Sent_away_for_now_it_comes_back_and_for_good_it_does_not(string name)
    {
        var (sdk, socket) = await FollowAsync(name);
        await using var _ = sdk;
        foreach (var code in new[] { 1001, 4000, 4001 })
        {
            await socket.CloseAsync(code);
            socket = await _server.NextSocketAsync();
            await socket.WelcomeAsync();
            await socket.JoinedAsync(ScriptedServer.At(0), 0);
        }

        await socket.CloseAsync(4100, retryAfter: 1);
        socket = await _server.NextSocketAsync();
        await socket.WelcomeAsync();
        await sdk.SaysAsync("state online", times: 5);
        await socket.CloseAsync(4400);
        await sdk.SaysAsync("state closed");
        Expect(sdk, [
            "state connecting", "state online",
            .. Enumerable.Repeat(new[] { "state reconnecting", "state online" }, 4).SelectMany(s => s), "state closed",
        ]);
    }

    [Theory]
    [MemberData(nameof(Sdks))]
    public async Task A_token_that_is_refused_is_replaced_and_one_that_expires_is_renewed_in_place(string name)
    {
        var (sdk, socket) = await FollowAsync(name, "first", "second", "third");
        await using var _ = sdk;
        Assert.Equal("first", socket.Token);
        await socket.CloseAsync(4401);
        socket = await _server.NextSocketAsync();
        Assert.Equal("second", socket.Token);
        await socket.WelcomeAsync();
        await socket.JoinedAsync(ScriptedServer.At(0), 0);

        await socket.SendAsync("token_expiring", new { expiresAt = "2026-01-01T00:01:00.000Z" });
        Assert.Equal("third", (await socket.ExpectAsync("auth")).GetProperty("payload").GetProperty("token").GetString());
        await socket.WelcomeAsync();
        _server.Append("one");
        await socket.SendAsync("message", _server.Event(1));
        await sdk.SaysAsync("event 1 one");
        Expect(sdk, "state connecting", "state online", "state reconnecting", "state online", "event 1 one");
    }

    [Theory]
    [MemberData(nameof(Sdks))]
    public async Task Posts_keep_their_order_over_retries_with_the_same_key_and_one_that_is_refused_holds_up_nobody(string name)
    {
        var (sdk, socket) = await FollowAsync(name);
        await using var _ = sdk;
        _server.RefuseNext(503, "store_unavailable", retryable: true);
        _server.RefuseNext(400, "bad_message", retryable: false);
        sdk.Post("room1", "k-1", "bad");
        sdk.Post("room1", "k-2", "good");
        sdk.Post("room1", "k-3", "better");

        await sdk.SaysAsync("posted k-3 2");
        Assert.Equal(["k-1", "k-1", "k-2", "k-3"], _server.Posts.Select(p => p.Key));
        Expect(sdk, "state connecting", "state online", "failed k-1 bad_message", "posted k-2 1", "posted k-3 2");
    }

    [Theory]
    [MemberData(nameof(Sdks))]
    public async Task A_gap_is_told_once_and_the_story_goes_on_behind_it(string name)
    {
        var (sdk, socket) = await FollowAsync(name);
        await using var _ = sdk;
        for (var i = 1; i <= 6; i++)
            _server.Append($"text {i}");
        await socket.SendAsync("gap", new { roomId = "room1", from = ScriptedServer.At(0), to = ScriptedServer.At(5), reason = "too_far_behind" });
        await socket.SendAsync("message", _server.Event(6));

        await sdk.SaysAsync("event 6 text 6");
        Expect(sdk, "state connecting", "state online", $"gap {ScriptedServer.At(0)} {ScriptedServer.At(5)} too_far_behind", "event 6 text 6");
    }

    [Theory]
    [MemberData(nameof(Sdks))]
    public async Task Who_is_removed_is_told_and_hears_nothing_more(string name)
    {
        var (sdk, socket) = await FollowAsync(name);
        await using var _ = sdk;
        _server.Append("one");
        _server.Append("two");
        await socket.SendAsync("message", _server.Event(1));
        await socket.SendAsync("left", new { roomId = "room1", reason = "removed" });
        await socket.SendAsync("message", _server.Event(2));
        await sdk.SaysAsync("left removed");
        sdk.Join("room1", ScriptedServer.At(1));
        await socket.ExpectAsync("join");
        await socket.SendAsync("message", _server.Event(2));

        await sdk.SaysAsync("event 2 two");
        Expect(sdk, "state connecting", "state online", "event 1 one", "left removed", "event 2 two");
    }

    [Theory]
    [MemberData(nameof(Sdks))]
    public async Task A_stale_reader_with_what_comes_and_a_fresh_one_agree(string name)
    {
        var random = new Random(7);
        var (sdk, socket) = await FollowAsync(name);
        await using var _ = sdk;
        for (var i = 1; i <= 60; i++)
        {
            _server.Append($"text {i}");

            // Some are lost, some come late, some twice; the last one comes.
            if (i == 60 || random.Next(3) > 0)
                await socket.SendAsync("message", _server.Event(i));
            if (random.Next(4) == 0)
                await socket.SendAsync("message", _server.Event(random.Next(1, i + 1)));
        }

        await sdk.SaysAsync("event 60 text 60");
        await using var fresh = Sdk.Start(name, _server.Url, "token");
        fresh.Join("room1", "0");
        fresh.Connect();
        var second = await _server.NextSocketAsync();
        await second.WelcomeAsync();
        await second.JoinedAsync("0", 0);
        await second.SendAsync("message", _server.Event(60));
        await fresh.SaysAsync("event 60 text 60");
        Assert.Equal(fresh.Trace, sdk.Trace);
        Assert.Equal(62, sdk.Trace.Count);
    }

    /// <summary>A client that follows the room from before its first event.</summary>
    private async Task<(Sdk Sdk, ScriptedSocket Socket)> FollowAsync(string name, params string[] tokens)
    {
        var sdk = Sdk.Start(name, _server.Url, tokens.Length > 0 ? tokens : ["token"]);
        sdk.Join("room1", ScriptedServer.At(0));
        sdk.Connect();
        var socket = await _server.NextSocketAsync();
        await socket.WelcomeAsync();
        await socket.JoinedAsync(ScriptedServer.At(0), 0);
        await sdk.SaysAsync("state online");
        return (sdk, socket);
    }

    private static void Expect(Sdk sdk, params string[] trace) => Assert.Equal(trace, sdk.Trace);
}
