using System.Collections.Concurrent;
using Hubbub.Client;
using Hubbub.ConformanceTests.Servers;
using Hubbub.Core.Cluster;
using Hubbub.Protocol;
using Hubbub.Server.Operations;
using Hubbub.TestKit.Clients;
using Hubbub.TestKit.Servers;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hubbub.ConformanceTests.Clients;

/// <summary>The .NET client with a real server, and a network that does what networks do.</summary>
public sealed class HubbubClientTests : IAsyncLifetime
{
    private readonly SharedStore _store = SharedStore.InMemory();
    private readonly List<IAsyncDisposable> _open = [];
    private InProcessServer _server = null!;
    private FaultyProxy _proxy = null!;

    public async Task InitializeAsync()
    {
        _server = await StartAsync();
        _proxy = new FaultyProxy(_server.Url);
    }

    public async Task DisposeAsync()
    {
        foreach (var one in Enumerable.Reverse(_open))
            await one.DisposeAsync();
        await _proxy.DisposeAsync();
        await _server.DisposeAsync();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task What_was_said_is_found_with_its_highlights_page_by_page()
    {
        var ann = await OnlineAsync("Ann", TransportName.WebSocket);
        var atAnn = await FollowAsync(ann);
        foreach (var text in new[] { "an owl", "no bird", "OWL & owl" })
            await atAnn.Room.Post(text).Posted;
        FoundPage? page = null;
        await Eventually.UntilAsync("both owls are found", async () => (page = await ann.Api.SearchAsync("owl from:Ann")).Messages.Count == 2);

        Assert.Equal(["OWL & owl", "an owl"], page!.Messages.Select(m => m.Text));
        Assert.Equal(["OWL", "owl"], page.Messages[0].Highlights.Select(range => page.Messages[0].Text[range]));
        Assert.Equal((atAnn.Room.Id, ann.User), (page.Messages[0].Room, page.Messages[0].Sender));
        Assert.Null(page.Next);
        var first = await ann.Api.SearchAsync("owl", limit: 1);
        Assert.Equal("an owl", Assert.Single((await ann.Api.SearchAsync("owl", 1, first.Next)).Messages).Text);
    }

    [Theory]
    [InlineData(TransportName.WebSocket)]
    [InlineData(TransportName.EventStream)]
    [InlineData(TransportName.LongPoll)]
    public async Task What_one_writes_all_read_once_in_order_with_the_sender_and_the_key(TransportName transport)
    {
        var (ann, bob) = (await OnlineAsync("Ann", transport), await OnlineAsync("Bob", transport));
        var (atAnn, atBob) = (await FollowAsync(ann), await FollowAsync(bob));

        var posts = new[] { "one", "two", "three" }.Select(text => atAnn.Room.Post(text)).ToArray();
        var posted = await Task.WhenAll(posts.Select(p => p.Posted));
        await atBob.Room.Post("four").Posted;
        await atAnn.HasAsync(4);
        await atBob.HasAsync(4);

        Assert.Equal(["one", "two", "three", "four"], atAnn.Texts);
        Assert.Equal(atAnn.Events, atBob.Events);
        var first = atBob.Events.Where(e => e.Sender == ann.User).ToArray();
        Assert.Equal(posts.Select(p => p.Key), first.Select(e => e.Key));
        Assert.Equal(posted, first.Select(e => e.Position));
        Assert.Equal(transport, bob.Transport);
        Assert.Empty(atAnn.Room.Pending);
    }

    [Theory]
    [InlineData(TransportName.WebSocket)]
    [InlineData(TransportName.EventStream)]
    [InlineData(TransportName.LongPoll)]
    public async Task A_reader_that_is_cut_off_reads_on_where_it_was_and_misses_and_repeats_nothing(TransportName transport)
    {
        var (ann, bob) = (await OnlineAsync("Ann", transport), await OnlineAsync("Bob", transport));
        var (atAnn, atBob) = (await FollowAsync(ann), await FollowAsync(bob));
        var texts = new List<string>();
        for (var round = 0; round < 4; round++)
        {
            for (var i = 0; i < 5; i++)
            {
                texts.Add($"{round} {i}");
                var post = atAnn.Room.Post(texts[^1]);
                if (i == 2)
                    _proxy.Cut();
                await post.Posted;
            }
        }

        await atBob.HasAsync(texts.Count);
        await atAnn.HasAsync(texts.Count);
        Assert.Equal(texts, atBob.Texts);
        Assert.Equal(texts, atAnn.Texts);
        Assert.Equal(atBob.Events.Select(e => e.Sequence), Enumerable.Range((int)atBob.Events[0].Sequence, atBob.Events.Count).Select(i => (long)i));
    }

    [Theory]
    [InlineData(TransportName.WebSocket)]
    [InlineData(TransportName.EventStream)]
    [InlineData(TransportName.LongPoll)]
    public async Task A_server_that_drains_is_left_for_another_and_nobody_sees_anything(TransportName transport)
    {
        await using var other = await StartAsync();
        foreach (var node in new[] { _server, other })
        {
            var heartbeat = node.Services.GetRequiredService<Heartbeat>();
            await Eventually.UntilAsync("the nodes see each other", async () =>
            {
                await heartbeat.BeatAsync(default);
                return heartbeat.Live.Count == 2;
            });
        }

        var states = new ConcurrentQueue<ConnectionState>();
        var bob = await OnlineAsync("Bob", transport);
        var atBob = await FollowAsync(bob);
        using var ann = await other.GuestAsync("Ann");
        var texts = Enumerable.Range(0, 200).Select(i => $"text {i}").ToArray();
        bob.StateChanged += (state, _) => states.Enqueue(state);
        _proxy.LeadTo(other.Url);

        var saying = Task.Run(async () =>
        {
            foreach (var text in texts)
                await ann.SayAsync("room1", text);
        });
        await _server.Services.GetRequiredService<Drain>().RunAsync();
        await saying;
        await atBob.HasAsync(texts.Length);

        Assert.Equal(texts, atBob.Texts);
        Assert.Empty(states);
        Assert.Equal(ConnectionState.Online, bob.State);
    }

    [Fact]
    public async Task A_server_that_stands_still_is_found_out_and_left()
    {
        var bob = await OnlineAsync("Bob", TransportName.WebSocket, o => o with { PingAfter = TimeSpan.FromMilliseconds(200), AnswerWithin = TimeSpan.FromMilliseconds(300) });
        var atBob = await FollowAsync(bob);
        using var ann = await _server.GuestAsync("Ann");

        _proxy.FallSilent();
        await ann.SayAsync("room1", "are you there");

        await atBob.HasAsync(1);
        Assert.Equal(["are you there"], atBob.Texts);
    }

    [Fact]
    public async Task A_node_of_the_wrong_role_is_tried_again_until_the_balancer_finds_the_right_one()
    {
        await using var api = await StartAsync(o => o.Role = Server.NodeRole.Api);
        var proxied = new FaultyProxy(api.Url);
        _open.Add(proxied);

        // A node that refuses live connections may be the wrong one of several: it is asked again.
        var bob = new HubbubClient(new HubbubClientOptions { Url = proxied.Url, Seed = 1, Transports = [TransportName.WebSocket] });
        _open.Add(bob);
        var connecting = bob.ConnectAsync();
        await Eventually.UntilAsync("it has tried for a while", () => proxied.Accepted > 2);
        Assert.False(connecting.IsCompleted);
        proxied.LeadTo(_server.Url);
        proxied.Cut();
        await Eventually.WithinAsync("it is online", connecting, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Posts_written_while_there_is_no_network_are_sent_once_and_in_order()
    {
        var ann = await OnlineAsync("Ann", TransportName.WebSocket);
        var atAnn = await FollowAsync(ann);
        _proxy.GoOffline();
        await Eventually.UntilAsync("Ann is offline", () => ann.State == ConnectionState.Reconnecting);
        var texts = Enumerable.Range(0, 10).Select(i => $"offline {i}").ToArray();
        var posts = texts.Select(text => atAnn.Room.Post(text)).ToArray();
        Assert.Equal(texts, atAnn.Room.Pending.Select(p => p.Text));

        _proxy.ComeBack();
        await Eventually.WithinAsync("all are acknowledged", Task.WhenAll(posts.Select(p => p.Posted)), TimeSpan.FromSeconds(30));
        await atAnn.HasAsync(10);
        Assert.Equal(texts, atAnn.Texts);
    }

    [Fact]
    public async Task A_slow_reader_gets_everything_and_holds_no_more_than_its_share()
    {
        var bob = await OnlineAsync("Bob", TransportName.WebSocket, o => o with { MaxUpdates = 8 });
        var room = bob.Join(RoomId.Parse("room1"), RoomStart.Beginning);
        using var ann = await _server.GuestAsync("Ann");
        for (var i = 0; i < 300; i++)
            await ann.SayAsync("room1", $"text {i}");

        var told = new List<RoomEvent>();
        await foreach (var update in room.ReadAsync())
        {
            told.Add(((RoomUpdate.Happened)update).Event);
            if (told.Count == 301)
                break;
        }

        Assert.Equal(Enumerable.Range(1, 301).Select(i => (long)i), told.Select(e => e.Sequence));
    }

    [Theory]
    [InlineData(TransportName.WebSocket)]
    [InlineData(TransportName.EventStream)]
    [InlineData(TransportName.LongPoll)]
    public async Task A_position_of_another_life_is_told_as_a_gap_and_the_story_goes_on(TransportName transport)
    {
        using var ann = await _server.GuestAsync("Ann");
        await ann.SayAsync("room1", "before");
        var bob = await OnlineAsync("Bob", transport);
        Assert.True(Position.TryParse("00000001:5", out var lost));
        var atBob = await FollowAsync(bob, new RoomStart(After: lost));
        await Eventually.UntilAsync("the gap is told", () => atBob.Told.OfType<RoomUpdate.Gap>().Any());

        await ann.SayAsync("room1", "after");
        await atBob.HasAsync(1);

        Assert.Equal(["after"], atBob.Texts);
        Assert.Equal("lost_past", Assert.Single(atBob.Told.OfType<RoomUpdate.Gap>()).Reason);
    }

    [Theory]
    [InlineData(TransportName.WebSocket)]
    [InlineData(TransportName.EventStream)]
    [InlineData(TransportName.LongPoll)]
    public async Task Who_is_removed_is_told_and_a_room_that_may_not_be_read_is_refused(TransportName transport)
    {
        using var ann = await _server.GuestAsync("Ann");
        (await ann.PostAsync("/api/rooms", new { id = "club", visibility = "private" })).Expect(System.Net.HttpStatusCode.Created);
        var link = (await ann.PostAsync("/api/rooms/club/invitations", new { })).Text("token");
        var bob = await OnlineAsync("Bob", transport);

        var refused = await FollowAsync(bob, room: "club");
        await Eventually.UntilAsync("it is refused", () => refused.Told is [RoomUpdate.Left { Reason: "refused", Error.Code: "not_found" }]);

        using var invited = new HttpApi(_server.Url, await TokenOf(bob));
        (await invited.PostAsync($"/api/invitations/{link}")).Expect(System.Net.HttpStatusCode.OK);
        var member = await FollowAsync(bob, room: "club");
        (await ann.DeleteAsync($"/api/rooms/club/members/{bob.User!.Id}")).Expect(System.Net.HttpStatusCode.NoContent);
        await Eventually.UntilAsync("it is told", () => member.Told is [.., RoomUpdate.Left { Reason: "removed" or "refused" }]);
    }

    [Fact]
    public async Task A_reader_that_knows_the_past_and_one_that_reads_it_afresh_agree()
    {
        using var ann = await _server.GuestAsync("Ann");
        await ann.SayAsync("room1", "first");
        var bob = await OnlineAsync("Bob", TransportName.WebSocket);
        var live = await FollowAsync(bob, RoomStart.Beginning);
        for (var i = 0; i < 50; i++)
        {
            await ann.SayAsync("room1", $"text {i}");
            if (i % 10 == 0)
                _proxy.Cut();
        }

        await live.HasAsync(51);
        var afresh = new List<RoomEvent>();
        for (var after = Position.Start; ;)
        {
            var page = await bob.Api.PageAsync(RoomId.Parse("room1"), after, null, null, 20);
            afresh.AddRange(page.Events);
            if (page.Events.Count == 0)
                break;
            after = page.Position;
        }

        Assert.Equal(afresh, live.Events);
    }

    [Fact]
    public async Task A_post_that_is_refused_for_good_fails_and_does_not_hold_up_the_next()
    {
        var ann = await OnlineAsync("Ann", TransportName.WebSocket);
        var atAnn = await FollowAsync(ann);
        var bad = atAnn.Room.Post("   ");
        var good = atAnn.Room.Post("good");
        await good.Posted;
        Assert.Equal("bad_message", (await Assert.ThrowsAsync<HubbubException>(() => bad.Posted)).Code);
    }

    [Fact]
    public async Task A_guest_makes_an_account_signs_in_by_it_and_ends_what_was_before()
    {
        var guest = await OnlineAsync("Guest", TransportName.WebSocket);
        var room = RoomId.Parse("room1");
        await guest.Api.PostAsync(room, "as a guest");

        var made = await guest.Api.CreateAccountAsync("Ann of the client", "correct horse", "ann-of-the-client");
        var wrong = await Assert.ThrowsAsync<HubbubException>(() => guest.Api.SignInAsync("Ann of the client", "wrong horse"));
        var back = await guest.Api.SignInAsync("ann-of-the-client", "correct horse");

        Assert.Equal(new WaysIn(true, true, null, null), await guest.Api.WaysInAsync());
        Assert.Equal((403, "bad_credentials"), (wrong.Status, wrong.Code));
        Assert.Equal(made.User, back.User);
        Assert.Equal(guest.User!.Id, back.User.Id);
        await using var account = new HubbubClient(new HubbubClientOptions { Url = _server.Url, Token = (_, _) => ValueTask.FromResult(back.Token) });
        Assert.Equal("Ann of the client", (await account.Api.MeAsync()).User.Name);
        var changed = await account.Api.ChangePasswordAsync("correct horse", "battery staple");
        Assert.Equal(401, (await Assert.ThrowsAsync<HubbubException>(() => account.Api.MeAsync())).Status);
        await using var again = new HubbubClient(new HubbubClientOptions { Url = _server.Url, Token = (_, _) => ValueTask.FromResult(changed.Token) });
        await again.Api.SignOutEverywhereAsync();
        Assert.Equal(401, (await Assert.ThrowsAsync<HubbubException>(() => again.Api.MeAsync())).Status);
    }

    [Fact]
    public async Task What_one_shows_of_oneself_is_seen_by_others_and_whom_one_blocks_by_oneself()
    {
        var ann = await OnlineAsync("Ann", TransportName.WebSocket);
        var bob = await OnlineAsync("Bob", TransportName.WebSocket);
        var me = (await ann.Api.MeAsync()).User.Id;
        byte[] png = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, .. "IHDR"u8, 0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0, 0, 0, 0, 0];

        await ann.Api.ChangeProfileAsync("Ann of the profile", "#00ff7f");
        var shown = await ann.Api.SetAvatarAsync(png);
        var seen = await bob.Api.ProfileAsync(me);

        Assert.Equal((new User(me, "Ann of the profile"), false, "#00ff7f", shown.Avatar), (seen.User, seen.HasAccount, seen.Color, seen.Avatar));
        Assert.StartsWith("/files/avatars/", seen.Avatar, StringComparison.Ordinal);
        Assert.Equal(me, Assert.Single(await bob.Api.ProfilesAsync([me, UserId.Parse("nobody")])).User.Id);
        await ann.Api.RemoveAvatarAsync();
        Assert.Null((await bob.Api.ProfileAsync(me)).Avatar);
        var bobs = (await bob.Api.MeAsync()).User.Id;
        await bob.Api.ChangeProfileAsync(color: "#00ff7f");
        Assert.Equal(await bob.Api.OpenDirectAsync([me]), await ann.Api.OpenDirectAsync([bobs]));
        var room = RoomId.Parse("reported");
        var rude = await ann.Api.PostAsync(room, "rude");
        var report = await bob.Api.ReportAsync(room, rude, "not nice");
        var waiting = Assert.Single(await ann.Api.ReportsAsync(room));
        Assert.Equal((report, rude, "rude", bobs, "not nice", null), (waiting.Id, waiting.Message.Id, waiting.Message.Text, waiting.Reporter.Id, waiting.Reason, waiting.IsDeleted));
        Assert.True((await ann.Api.ResolveReportAsync(room, report, delete: true)).IsDeleted);
        Assert.Equal(me, Assert.Single(await ann.Api.ReportsAsync(room, resolved: true)).ResolvedBy);
        await bob.Api.BlockAsync(me);
        Assert.Equal("forbidden", (await Assert.ThrowsAsync<HubbubException>(() => ann.Api.OpenDirectAsync([bobs]))).Code);
        Assert.Equal([me], await bob.Api.BlocksAsync());
        await bob.Api.UnblockAsync(me);
        Assert.Empty(await bob.Api.BlocksAsync());
    }

    private async Task<HubbubClient> OnlineAsync(string name, TransportName transport, Func<HubbubClientOptions, HubbubClientOptions>? change = null)
    {
        var tokens = new TaskCompletionSource<string>();
        var options = new HubbubClientOptions
        {
            Url = _proxy.Url,
            Transports = [transport],
            Seed = 1,
            PollWait = TimeSpan.FromSeconds(5),
            Token = async (_, _) =>
            {
                if (!tokens.Task.IsCompleted)
                {
                    using var guest = await _server.GuestAsync(name);
                    tokens.TrySetResult(guest.Token!);
                }

                return await tokens.Task;
            },
        };
        var client = new HubbubClient(change?.Invoke(options) ?? options);
        _open.Add(client);
        _tokens[client] = tokens.Task;
        await Eventually.WithinAsync($"{name} is online", client.ConnectAsync());
        return client;
    }

    private readonly ConcurrentDictionary<HubbubClient, Task<string>> _tokens = new();

    private Task<string> TokenOf(HubbubClient client) => _tokens[client];

    private async Task<FollowedRoom> FollowAsync(HubbubClient client, RoomStart start = default, string room = "room1")
    {
        var followed = await FollowedRoom.FollowAsync(client, room, start);
        _open.Add(followed);
        return followed;
    }

    private Task<InProcessServer> StartAsync(Action<Server.HubbubOptions>? configure = null) => InProcessServer.StartAsync(s =>
    {
        // The proxy carries plain bytes, and a server that speaks TLS has another certificate than its clients expect.
        s.Certificate = null;
        s.Store = _store;
        s.Options = o =>
        {
            o.DrainDeadline = TimeSpan.FromSeconds(20);
            configure?.Invoke(o);
        };
    });
}
