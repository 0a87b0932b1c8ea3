namespace Hubbub.TestKit.Simulation;

/// <summary>How badly a store behaves. Probabilities are per call; mutable, so that a run can end with <see cref="Heal"/>.</summary>
public sealed class StoreFaults
{
    /// <summary>The call fails, and nothing was stored.</summary>
    public double FailsBefore { get; set; }

    /// <summary>The call fails, and yet it was stored: the unknown outcome.</summary>
    public double FailsAfter { get; set; }

    /// <summary>The call completes at once, without giving anybody else a turn.</summary>
    public double Instant { get; set; }

    /// <summary>The answer travels for up to <see cref="SlowDelay"/>.</summary>
    public double Slow { get; set; }

    /// <summary>How long the way to the store and the way back take at most, each.</summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromMilliseconds(2);

    public TimeSpan SlowDelay { get; set; } = TimeSpan.FromSeconds(2);

    public void Heal()
    {
        FailsBefore = FailsAfter = Slow = 0;
        Delay = TimeSpan.FromMilliseconds(1);
    }
}

/// <summary>The road between the nodes and their store: every call travels there, may fail on the way there or back, and happens on the store's own actor, so that it outlives its caller.</summary>
public sealed class StoreRoad(Simulator simulator, StoreFaults faults)
{
    private readonly Actor _store = simulator.NewActor("the store");

    /// <summary>Calls that failed after they had happened.</summary>
    public int UnknownOutcomes { get; private set; }

    public int Failures { get; private set; }

    internal async ValueTask<T> TravelAsync<T>(string what, Func<ValueTask<T>> call, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        simulator.EnsureOnThread($"The store's {what}");
        if (simulator.Chance(faults.Instant))
            return await PassAsync(what, call);
        return await _store.Call(async () =>
        {
            await simulator.Delay(simulator.Between(TimeSpan.Zero, faults.Delay));
            var answer = await PassAsync(what, call);
            await simulator.Delay(simulator.Between(TimeSpan.Zero, simulator.Chance(faults.Slow) ? faults.SlowDelay : faults.Delay));
            return answer;
        }, ct);
    }

    private async ValueTask<T> PassAsync<T>(string what, Func<ValueTask<T>> call)
    {
        if (simulator.Chance(faults.FailsBefore))
        {
            Failures++;
            throw new Core.Log.StoreException($"{what} failed, and nothing happened.");
        }

        var answer = await call();
        if (simulator.Chance(faults.FailsAfter))
        {
            Failures++;
            UnknownOutcomes++;
            throw new Core.Log.StoreException($"{what} failed after it had happened.");
        }

        return answer;
    }
}
