using Hubbub.ConformanceTests.Services;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres;
using Xunit;

namespace Hubbub.ConformanceTests.Stores.Postgres;

/// <summary>What holds when two nodes use one database at once.</summary>
[Collection(WithPostgres.Name)]
public sealed class PostgresTwoNodeTests(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly RoomId Lobby = RoomId.Parse("lobby");
    private static readonly RoomId Attic = RoomId.Parse("attic");
    private static readonly RoomId[] Rooms = [.. Enumerable.Range(0, 12).Select(n => RoomId.Parse($"room{n}"))];
    private TwoNodes _nodes = null!;

    public async Task InitializeAsync() =>
        _nodes = await TwoNodes.OpenAsync(new PostgresOptions { ConnectionString = await postgres.Server.CreateDatabaseAsync() });

    public async Task DisposeAsync() => await _nodes.DisposeAsync();

    [Fact]
    public async Task Batches_of_two_nodes_that_take_many_rooms_in_opposite_order_are_all_stored_without_holes()
    {
        const int Batches = 50;
        await TwoNodes.AppendAsync(_nodes.First, [.. Rooms.Select(TwoNodes.Creation)]);

        // Two appenders a node, each through all rooms in a batch, one way round and the other. A deadlock would fail one of them.
        PostgresStore[] stores = [_nodes.First, _nodes.Second, _nodes.First, _nodes.Second];
        await Task.WhenAll(stores.Select((store, appender) => Task.Run(async () =>
        {
            var rooms = appender < 2 ? Rooms : [.. Rooms.Reverse()];
            for (var batch = 0; batch < Batches; batch++)
            {
                var outcomes = await TwoNodes.AppendAsync(store, [.. rooms.Select(room => TwoNodes.Post(room, $"{appender}:{batch}"))]);
                Assert.All(outcomes, outcome => Assert.True(outcome.IsAppended));
            }
        })));

        foreach (var room in Rooms)
        {
            var texts = await TwoNodes.TextsAsync(_nodes.Second, room);
            Assert.Equal(stores.Length * Batches, texts.Count);
            foreach (var own in texts.GroupBy(text => text[0]))
                Assert.Equal(Enumerable.Range(0, Batches).Select(batch => $"{own.Key}:{batch}"), own);
        }

        Assert.Equal(0, await postgres.Server.ScalarAsync<long>("postgres", "SELECT sum(deadlocks)::bigint FROM pg_stat_database"));
    }

    [Fact]
    public async Task Rooms_that_two_nodes_create_at_once_in_opposite_order_are_created_once()
    {
        var rooms = Enumerable.Range(0, 200).Select(n => RoomId.Parse($"new{n}")).ToArray();

        var outcomes = await Task.WhenAll(
            Task.Run(() => TwoNodes.AppendAsync(_nodes.First, [.. rooms.Select(TwoNodes.Creation)])),
            Task.Run(() => TwoNodes.AppendAsync(_nodes.Second, [.. rooms.Reverse().Select(TwoNodes.Creation)])));

        var ofSecond = outcomes[1].Reverse().ToList();
        for (var i = 0; i < rooms.Length; i++)
            Assert.Equal([null, Refusals.RoomExists], new[] { outcomes[0][i].Refusal, ofSecond[i].Refusal }.OrderBy(refusal => refusal is not null));
        Assert.All(await _nodes.First.HeadsAsync(rooms, None), head => Assert.Equal(1, head!.Value.Sequence));
    }

    [Fact]
    public async Task A_key_is_stored_once_whichever_nodes_it_is_sent_to()
    {
        await TwoNodes.AppendAsync(_nodes.First, TwoNodes.Creation(Lobby), TwoNodes.Creation(Attic));

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 40).Select(n => Task.Run(() => TwoNodes.AppendAsync(
            n % 2 == 0 ? _nodes.First : _nodes.Second,
            TwoNodes.Post(n % 3 == 0 ? Lobby : Attic, "once", "k"),
            TwoNodes.Post(n % 3 == 0 ? Attic : Lobby, "once", "k")))));

        foreach (var room in new[] { Lobby, Attic })
        {
            var ofRoom = outcomes.SelectMany(batch => batch).Where(outcome => outcome.Event!.Room == room).ToList();
            Assert.Equal(outcomes.Length, ofRoom.Count);
            Assert.Single(ofRoom, outcome => outcome.IsAppended);
            Assert.All(ofRoom, outcome => Assert.Equal(2, outcome.Event!.Sequence));
            Assert.Equal(["once"], await TwoNodes.TextsAsync(_nodes.First, room));
        }

        Assert.Equal(Refusals.KeyReused, Assert.Single(await TwoNodes.AppendAsync(_nodes.Second, TwoNodes.Post(Lobby, "another", "k"))).Refusal);
    }

    [Fact]
    public async Task What_one_node_was_told_the_other_knows_at_once()
    {
        var bob = new User(UserId.Parse("bob"), "Bob");
        var join = TwoNodes.Post(Lobby, "") with { Content = new MemberJoined(bob, Role.Member) };
        await TwoNodes.AppendAsync(_nodes.First, TwoNodes.Creation(Lobby), join);
        Assert.Equal(Role.Member, (await _nodes.Second.MembershipAsync(Lobby, bob.Id, None))!.Role);
        Assert.Equal(AppendOutcome.Unchanged, Assert.Single(await TwoNodes.AppendAsync(_nodes.Second, join)));

        Assert.Equal(2, await _nodes.First.MoveReadMarkAsync(Lobby, bob.Id, 2, None));
        Assert.Equal(2, await _nodes.Second.MoveReadMarkAsync(Lobby, bob.Id, 1, None));

        var expiry = DateTimeOffset.UtcNow.AddSeconds(30);
        var used = await Task.WhenAll(Enumerable.Range(0, 20).Select(n =>
            Task.Run(async () => await (n % 2 == 0 ? _nodes.First : _nodes.Second).TryUseTicketAsync("t", expiry, None))));
        Assert.Single(used, first => first);
    }

    [Fact]
    public async Task Nodes_that_ask_for_a_shared_secret_at_once_get_one()
    {
        var secrets = await Task.WhenAll(Enumerable.Range(1, 20).Select(n =>
            Task.Run(() => (n % 2 == 0 ? _nodes.First : _nodes.Second).SharedSecretAsync("key", [(byte)n]))));

        Assert.Single(secrets.Select(secret => Assert.Single(secret)).Distinct());
        Assert.Equal(secrets[0], await _nodes.Second.SharedSecretAsync("key", [99]));
        Assert.Equal([99], await _nodes.Second.SharedSecretAsync("another", [99]));
    }

    [Fact]
    public async Task Epochs_are_renewed_while_others_append_and_every_room_keeps_its_events()
    {
        await TwoNodes.AppendAsync(_nodes.First, [.. Rooms.Select(TwoNodes.Creation)]);
        using var enough = new CancellationTokenSource();
        var appending = Task.Run(async () =>
        {
            var stored = 0;
            for (; !enough.IsCancellationRequested; stored++)
                await TwoNodes.AppendAsync(_nodes.Second, [.. Rooms.Reverse().Select(room => TwoNodes.Post(room, $"{stored}"))]);
            return stored;
        });

        for (var life = 100u; life < 110; life++)
            Assert.Equal(Rooms.Length, await _nodes.First.RenewEpochsAsync(() => new Epoch(life)));
        await enough.CancelAsync();
        var batches = await appending;

        Assert.All(await _nodes.First.HeadsAsync(Rooms, None), head => Assert.Equal(new Position(new Epoch(109), batches + 1), head));
        Assert.Equal(Enumerable.Range(0, batches).Select(n => $"{n}"), await TwoNodes.TextsAsync(_nodes.First, Rooms[3]));
    }
}
