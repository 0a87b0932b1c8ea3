using Hubbub.Load.Listening;

namespace Hubbub.Load.Checks;

/// <summary>
/// Compares what listeners heard with what was acknowledged. That each heard its events once and in order was checked as
/// they came; what remains is that none stopped early, and that all heard the same story as the acknowledgements tell. To
/// be asked on the group's loop.
/// </summary>
internal static class DeliveryAudit
{
    /// <summary>Every listener that is still connected has heard everything up to this sequence.</summary>
    public static bool HasHeard(ListenerGroup group, long head) =>
        group.Listeners.TrueForAll(listener => listener.IsClosed || listener.Last >= head);

    public static bool Check(ListenerGroup group, AckLedger ledger, long head, Findings findings)
    {
        foreach (var listener in group.Listeners)
        {
            if (listener.Last < head)
                findings.Add(Anomaly.Unobserved, $"listener {listener.Index} heard up to {listener.Last} of {head}", head - listener.Last);
            if (ledger.Count > 0 && listener.Epoch != ledger.EpochOf(0))
                findings.Add(Anomaly.Contradiction, $"listener {listener.Index} joined another epoch than the posts were acknowledged in");
        }
        if (group.Listeners.Count == 0)
            return true;
        for (var number = 0; number < ledger.NumbersOf(0); number++)
        {
            if (ledger.SequenceOf(0, number) is > 0 and var promised && group.SequenceOf(number) is var heard && heard != promised)
            {
                findings.Add(
                    heard == 0 ? Anomaly.Unobserved : Anomaly.Contradiction,
                    $"message {number} was acknowledged as {promised} and delivered {(heard == 0 ? "to nobody" : $"as {heard}")}");
            }
        }
        return true;
    }
}
