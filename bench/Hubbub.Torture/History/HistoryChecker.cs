namespace Hubbub.Torture.History;

/// <summary>
/// Looks for every anomaly in a history: pure functions, the same for simulated and for real runs. An empty answer means that the run kept all promises it had occasion to
/// break, so a run needs faults to be worth checking.
/// </summary>
public static class HistoryChecker
{
    public static IReadOnlyList<Finding> Check(RunHistory history, CheckOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(history);
        var given = options ?? new CheckOptions();
        return
        [
            .. SightingChecks.Check(history),
            .. PostChecks.Check(history),
            .. FinalLogChecks.Check(history),
            .. SessionChecks.Check(history, given),
            .. ClientChecks.Check(history),
            .. PageChecks.Check(history),
        ];
    }
}
