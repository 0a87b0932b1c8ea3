using System.Text;
using Hubbub.Brokers.Announcements;
using Hubbub.Core.Broker;

namespace Hubbub.Brokers.Postgres;

/// <summary>Envelopes as the payloads of notifications: a line each, as many lines as fit, of each room only the newest position.</summary>
internal static class NotificationLines
{
    /// <summary>PostgreSQL's own limit is 7 999.</summary>
    public const int MaxBytes = 7_900;

    public static string[] Pack(IReadOnlyList<Envelope> envelopes)
    {
        var payloads = new List<string>();
        var payload = new StringBuilder();
        var bytes = 0;
        foreach (var envelope in NewestOfEachRoom(envelopes))
        {
            var line = EnvelopeJson.Write(envelope);
            if (bytes > 0 && bytes + 1 + line.Length > MaxBytes)
            {
                payloads.Add(payload.ToString());
                payload.Clear();
                bytes = 0;
            }

            // Its names are as long as they may be in no case of ours; a longer line would only fail the others.
            if (line.Length > MaxBytes)
                continue;
            if (bytes > 0)
                payload.Append('\n');
            payload.Append(Encoding.UTF8.GetString(line));
            bytes += line.Length + (bytes > 0 ? 1 : 0);
        }

        if (bytes > 0)
            payloads.Add(payload.ToString());
        return [.. payloads];
    }

    /// <summary>A position says that all before it is there too, so of a batch the last one of each room is enough.</summary>
    private static List<Envelope> NewestOfEachRoom(IReadOnlyList<Envelope> envelopes)
    {
        var heads = new HashSet<(Protocol.RoomId, Protocol.Epoch)>();
        var newestFirst = new List<Envelope>();
        for (var i = envelopes.Count - 1; i >= 0; i--)
        {
            var envelope = envelopes[i].WithoutEvent();
            if (envelope.Announcement is not HeadAnnounced head || heads.Add((head.Room, head.Head.Epoch)))
                newestFirst.Add(envelope);
        }

        newestFirst.Reverse();
        return newestFirst;
    }
}
