using Hubbub.Load.Checks;
using Hubbub.Load.Loop;
using Hubbub.Load.Wire;

namespace Hubbub.Load.Listening;

/// <summary>
/// A listener that holds the server to its word: after <c>joined</c> every event comes once, by sequence, without holes.
/// </summary>
internal sealed class RoomListener(EventLoop loop, Target target, string token, string room, int index, ListenerGroup group)
    : RoomConnection(loop, target, token, room,
        reason => group.Findings.Add(Anomaly.Disconnected, $"listener {index} lost its connection: {reason}"))
{
    public int Index => index;

    public uint Epoch { get; private set; }

    /// <summary>The sequence of the newest event heard, or the position joined at.</summary>
    public long Last { get; private set; }

    protected override void OnJoined(uint epoch, long sequence)
    {
        Epoch = epoch;
        Last = sequence;
    }

    protected override void OnText(ReadOnlySpan<byte> json, long now)
    {
        if (Last > 0 && group.TryDeliverKnown(Last + 1, json, now))
            Last++;
        else
            base.OnText(json, now);
    }

    protected override void OnEvent(in WireFields fields, ReadOnlySpan<byte> json, long now)
    {
        if (!WireFields.TryReadPosition(fields.Id, out var epoch, out var named) || named != fields.Sequence || epoch != Epoch)
            group.Findings.Add(Anomaly.Contradiction, $"listener {index} got sequence {fields.Sequence} with another id or epoch");
        if (fields.Sequence == Last + 1)
        {
            Last = fields.Sequence;
            group.DeliverNew(fields, json, now);
            return;
        }
        if (fields.Sequence > Last + 1)
        {
            group.Findings.Add(Anomaly.Skip, $"listener {index} got {fields.Sequence} after {Last}", fields.Sequence - Last - 1);
            Last = fields.Sequence;
            return;
        }
        group.Findings.Add(
            fields.Sequence == Last ? Anomaly.Duplicate : Anomaly.Nonmonotonic, $"listener {index} got {fields.Sequence} after {Last}");
    }
}
