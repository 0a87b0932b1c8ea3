using System.Threading.Channels;
using Hubbub.TestKit.Simulation;
using Xunit;

namespace Hubbub.UnitTests.Simulation;

/// <summary>The simulator itself: the same seed is the same course, nothing leaves its thread unseen, and the dead do nothing.</summary>
public sealed class SimulatorTests
{
    [Fact]
    public void The_same_seed_is_the_same_course_of_events_and_another_is_another()
    {
        var first = SimulatedRun.Play(7);
        var second = SimulatedRun.Play(7);
        Assert.Equal(first.Steps, second.Steps);
        Assert.Equal(first.History.Records.Count, second.History.Records.Count);
        Assert.All(first.History.Records.Zip(second.History.Records), pair => Assert.Equal(pair.First.ToString(), pair.Second.ToString()));
        Assert.NotEqual(first.Steps, SimulatedRun.Play(8).Steps);
    }

    [Fact]
    public void Chance_decides_who_goes_next()
    {
        var orders = Enumerable.Range(1, 50).Select(seed =>
        {
            var sim = new Simulator(seed);
            var order = "";
            sim.Run(async () =>
            {
                foreach (var name in "abc")
                    sim.NewActor(name.ToString()).Do(() => order += name);
                await sim.Delay(TimeSpan.FromSeconds(1));
            });
            return order;
        });
        Assert.Equal(6, orders.Distinct().Count());
    }

    [Fact]
    public void An_hour_passes_in_no_time_and_timers_come_in_order()
    {
        var sim = new Simulator(1);
        List<string> seen = [];
        sim.Run(async () =>
        {
            using var period = new PeriodicTimer(TimeSpan.FromMinutes(25), sim.Time);
            sim.After(TimeSpan.FromMinutes(30), () => seen.Add("30"));
            for (var i = 0; i < 2; i++)
            {
                Assert.True(await period.WaitForNextTickAsync());
                seen.Add($"{sim.Time.GetElapsedTime(0).TotalMinutes:0}");
            }

            await sim.Delay(TimeSpan.FromMinutes(10));
        });
        Assert.Equal(["25", "30", "50"], seen);
        Assert.Equal(TimeSpan.FromMinutes(60), sim.Time.GetElapsedTime(0));
    }

    [Fact]
    public void A_dead_actor_does_nothing_more_at_whichever_await_it_was()
    {
        var sim = new Simulator(1);
        var steps = 0;
        sim.Run(async () =>
        {
            var actor = sim.NewActor("the mortal");
            actor.Do(async () =>
            {
                while (true)
                {
                    await sim.Delay(TimeSpan.FromSeconds(1));
                    steps++;
                }
            });
            await sim.Delay(TimeSpan.FromSeconds(3.5));
            actor.Die();
            actor.Do(() => steps = 1000);
            await sim.Delay(TimeSpan.FromSeconds(10));
        });
        Assert.Equal(3, steps);
    }

    [Fact]
    public void A_frozen_actor_goes_on_later_as_if_nothing_had_been()
    {
        var sim = new Simulator(1);
        var at = TimeSpan.Zero;
        sim.Run(async () =>
        {
            var actor = sim.NewActor("the sleeper");
            actor.Freeze(TimeSpan.FromSeconds(5));
            actor.Do(() => at = sim.Time.GetElapsedTime(0));
            await sim.Delay(TimeSpan.FromSeconds(10));
        });
        Assert.Equal(TimeSpan.FromSeconds(5), at);
    }

    public static TheoryData<string> WaysOut => ["Task.Run", "ConfigureAwait", "ReadAllAsync", "Task.Delay", "CancelAsync"];

    [Theory]
    [MemberData(nameof(WaysOut))]
    public void Whatever_leaves_the_thread_is_found(string way)
    {
        var sim = new Simulator(1);
        Assert.Throws<EscapeException>(() => sim.Run(async () =>
        {
            switch (way)
            {
                case "Task.Run":
                    await Task.Run(() => sim.Time.GetTimestamp());
                    break;
                case "ConfigureAwait":
                    var promise = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    sim.After(TimeSpan.FromSeconds(1), promise.SetResult);
                    await promise.Task.ConfigureAwait(false);
                    sim.Time.GetTimestamp();
                    break;
                case "ReadAllAsync":
                    var channel = Channel.CreateUnbounded<int>();
                    sim.After(TimeSpan.FromSeconds(1), () => channel.Writer.TryWrite(1));
                    await foreach (var number in channel.Reader.ReadAllAsync())
                        break;
                    break;
                case "Task.Delay":
                    await Task.Delay(1);
                    break;
                case "CancelAsync":
                    using (var cancelling = new CancellationTokenSource())
                    {
                        using var registered = cancelling.Token.Register(() => sim.Time.GetTimestamp());
                        await cancelling.CancelAsync();
                    }

                    break;
            }
        }));
    }

    [Fact]
    public void Waiting_for_nothing_is_an_error_not_a_hang()
    {
        var sim = new Simulator(1) { EscapeTimeout = TimeSpan.FromSeconds(1) };
        var failure = Assert.Throws<InvalidOperationException>(() => sim.Run(() => new TaskCompletionSource().Task));
        Assert.Contains("stuck", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_an_actor_throws_ends_the_run()
    {
        var sim = new Simulator(1);
        Assert.Throws<InvalidDataException>(() => sim.Run(async () =>
        {
            sim.NewActor("the clumsy").Do(() => throw new InvalidDataException());
            await sim.Delay(TimeSpan.FromSeconds(1));
        }));
    }
}
