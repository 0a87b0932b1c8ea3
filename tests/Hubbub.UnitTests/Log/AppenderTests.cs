using Hubbub.Core.Broker;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.TestKit.Simulation;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hubbub.UnitTests.Log;

/// <summary>Group commit: what is grouped, what is refused, what is told when the store fails, and how it stops.</summary>
public sealed class AppenderTests
{
    private static readonly RoomId Room = RoomId.Parse("room");
    private static readonly User Anna = new(UserId.Parse("anna"), "Anna");

    [Fact]
    public void What_arrives_during_a_commit_is_the_next_commit() => Run(async bench =>
    {
        var first = bench.Append("first");
        await bench.Sim.Delay(TimeSpan.FromMilliseconds(1));
        var others = Enumerable.Range(0, 20).Select(i => bench.Append($"other {i}")).ToArray();
        await bench.Sim.Delay(TimeSpan.FromSeconds(1));
        Assert.Equal([1, 1, 20], bench.Log.Batches);
        Assert.Equal(2, first.Result.Event!.Sequence);
        Assert.Equal(Enumerable.Range(3, 20).Select(i => (long)i), others.Select(o => o.Result.Event!.Sequence));
    });

    [Fact]
    public void A_commit_takes_at_most_so_many() => Run(
        async bench =>
        {
            var all = Enumerable.Range(0, 25).Select(i => bench.Append($"text {i}")).ToArray();
            await bench.Sim.Delay(TimeSpan.FromSeconds(1));
            Assert.All(all, a => Assert.True(a.Result.IsAppended));
            Assert.Equal([1, 10, 10, 5], bench.Log.Batches);
        },
        new AppenderOptions { MaxBatch = 10 });

    [Fact]
    public void Nobody_is_told_before_the_commit() => Run(async bench =>
    {
        bench.Log.CommitTime = TimeSpan.FromSeconds(1);
        var appending = bench.Append("text");
        await bench.Sim.Delay(TimeSpan.FromMilliseconds(999));
        Assert.False(appending.IsCompleted);
        await bench.Sim.Delay(TimeSpan.FromMilliseconds(2));
        Assert.True(appending.IsCompletedSuccessfully);
    });

    [Fact]
    public void A_full_queue_refuses_and_stores_nothing_of_it() => Run(
        async bench =>
        {
            var inCommit = bench.Append("in commit");
            await bench.Sim.Delay(TimeSpan.FromMilliseconds(1));
            var queued = Enumerable.Range(0, 5).Select(i => bench.Append($"queued {i}")).ToArray();
            Assert.Equal(5, bench.Appender.QueueLength);
            var refused = await bench.Append("one too many");
            Assert.Equal(Refusals.Overloaded, refused.Refusal);
            await bench.Sim.Delay(TimeSpan.FromSeconds(1));
            Assert.True(inCommit.Result.IsAppended);
            Assert.All(queued, q => Assert.True(q.Result.IsAppended));
            Assert.Equal(7, (await bench.Store.HeadsAsync([Room], default))[0]!.Value.Sequence);
            Assert.True((await bench.Append("there is room again")).IsAppended);
        },
        new AppenderOptions { QueueLength = 5 });

    [Fact]
    public void Who_waited_behind_a_commit_that_took_long_to_fail_is_refused_with_it() => Run(async bench =>
    {
        bench.Log.CommitTime = TimeSpan.FromSeconds(2.5);
        bench.Log.Fails = () => new StoreException("down");
        var failing = bench.Append("in commit");
        await bench.Sim.Delay(TimeSpan.FromSeconds(1));
        var queued = Enumerable.Range(0, 3).Select(i => bench.Append($"queued {i}")).ToArray();
        await bench.Sim.Delay(TimeSpan.FromSeconds(2));
        Assert.All([failing, .. queued], f => Assert.Equal(Refusals.StoreUnavailable, f.Result.Refusal));
        Assert.Equal(0, bench.Appender.QueueLength);

        bench.Log.Fails = null;
        bench.Log.CommitTime = TimeSpan.FromMilliseconds(1);
        var next = bench.Append("next");
        await bench.Sim.Delay(TimeSpan.FromSeconds(1));
        Assert.True(next.Result.IsAppended);
    });

    [Fact]
    public void A_failing_store_refuses_the_whole_commit_and_the_next_one_is_tried() => Run(async bench =>
    {
        bench.Log.Fails = () => new StoreException("The disk is full.");
        var failing = Enumerable.Range(0, 3).Select(i => bench.Append($"text {i}")).ToArray();
        await bench.Sim.Delay(TimeSpan.FromSeconds(1));
        Assert.All(failing, f => Assert.Equal(Refusals.StoreUnavailable, f.Result.Refusal));
        bench.Log.Fails = null;
        Assert.True((await bench.Append("again")).IsAppended);
    });

    [Fact]
    public void A_bug_in_the_store_ends_no_loop() => Run(async bench =>
    {
        bench.Log.Fails = () => new InvalidCastException();
        Assert.Equal(Refusals.Internal, (await bench.Append("text")).Refusal);
        bench.Log.Fails = null;
        Assert.True((await bench.Append("again")).IsAppended);
    });

    [Fact]
    public void A_refused_draft_does_not_hinder_its_neighbours_and_a_repeated_key_is_the_original() => Run(async bench =>
    {
        var absent = bench.Append("text", room: RoomId.Parse("absent"));
        var first = bench.Append("text", key: "k");
        var again = bench.Append("text", key: "k");
        var other = bench.Append("other text", key: "k");
        var last = bench.Append("last");
        await bench.Sim.Delay(TimeSpan.FromSeconds(1));
        Assert.Equal(Refusals.RoomNotFound, absent.Result.Refusal);
        Assert.True(first.Result.IsAppended);
        Assert.True(again.Result.IsRepeated);
        Assert.Equal(first.Result.Event, again.Result.Event);
        Assert.Equal(Refusals.KeyReused, other.Result.Refusal);
        Assert.Equal(3, last.Result.Event!.Sequence);
        Assert.Equal([2L, 3L], bench.Delivered);
    });

    [Fact]
    public void Stopping_commits_and_delivers_what_is_queued_and_refuses_the_rest() => Run(async bench =>
    {
        bench.Log.CommitTime = TimeSpan.FromSeconds(1);
        var inCommit = bench.Append("in commit");
        await bench.Sim.Delay(TimeSpan.FromMilliseconds(10));
        var queued = bench.Append("queued");
        bench.Stop();
        var late = bench.Append("late");
        await bench.Stopped;
        Assert.True(inCommit.Result.IsAppended);
        Assert.True(queued.Result.IsAppended);
        Assert.Equal(Refusals.Overloaded, late.Result.Refusal);
        Assert.Equal([2L, 3L], bench.Delivered);
    });

    [Fact]
    public void A_caller_who_waits_no_longer_changes_nothing_about_the_commit() => Run(async bench =>
    {
        _ = bench.Append("nobody waits");
        await bench.Sim.Delay(TimeSpan.FromSeconds(1));
        Assert.Equal([2L], bench.Delivered);
    });

    private static void Run(Func<Bench, Task> story, AppenderOptions? options = null)
    {
        var sim = new Simulator(1);
        sim.Run(async () =>
        {
            var bench = new Bench(sim, options ?? new AppenderOptions());
            Assert.True((await bench.Appender.AppendAsync(
                new Draft(Room, Anna, sim.Time.GetUtcNow(), null, new RoomCreated("Room", Visibility.Public), new Epoch(1)))).IsAppended);
            bench.Delivered.Clear();
            await story(bench);
        });
    }

    /// <summary>An appender with its delivery, on a store that takes a hundred milliseconds to commit.</summary>
    private sealed class Bench
    {
        private readonly CancellationTokenSource _stopping = new();

        public Bench(Simulator sim, AppenderOptions options)
        {
            Sim = sim;
            Store = new InMemoryStore(sim.Time);
            Log = new SlowLog(Store, sim);
            var broker = new InMemoryBroker.Exchange().Connect();
            var delivery = new Delivery(new Hub(Log, broker, new HubOptions(), sim.Time, NullLogger<Hub>.Instance), broker);
            delivery.Committed += e => Delivered.Add(e.Sequence);
            Appender = new Appender(Log, delivery, options, sim.Time, NullLogger<Appender>.Instance);
            Stopped = Appender.RunAsync(_stopping.Token);
        }

        public Simulator Sim { get; }

        public InMemoryStore Store { get; }

        public SlowLog Log { get; }

        public Appender Appender { get; }

        public List<long> Delivered { get; } = [];

        public Task Stopped { get; }

        public void Stop() => _stopping.Cancel();

        public Task<AppendOutcome> Append(string text, string? key = null, RoomId? room = null) =>
            Appender.AppendAsync(new Draft(room ?? Room, Anna, Sim.Time.GetUtcNow(), key, new MessagePosted(text)));
    }

    private sealed class SlowLog(IRoomLog inner, Simulator sim) : Simulation.LogAround(inner)
    {
        public TimeSpan CommitTime { get; set; } = TimeSpan.FromMilliseconds(100);

        public Func<Exception>? Fails { get; set; }

        public List<int> Batches { get; } = [];

        public override async ValueTask<IReadOnlyList<AppendOutcome>> AppendAsync(IReadOnlyList<Draft> batch, CancellationToken ct)
        {
            Batches.Add(batch.Count);
            await sim.Delay(CommitTime);
            if (Fails is { } fails)
                throw fails();
            return await base.AppendAsync(batch, ct);
        }
    }
}
