using Hubbub.Client;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;
using Hubbub.Torture.History;

namespace Hubbub.Torture.Clients;

/// <summary>Writes what one client sees on the wire into the history.</summary>
internal sealed class Witness(string client, HistoryRecorder history) : IWireObserver
{
    public string Client => client;

    public void Joined(long session, RoomId room, Position from) => history.Note(at => new Subscribed(at, client, (int)session, room, from));

    public void Received(long session, RoomEvent happened) => history.Note(at => new Delivered(at, client, (int)session, happened.Room, EntryOf(happened)));

    public void Gap(long session, RoomId room, Position from, Position to, string reason) =>
        history.Note(at => new GapTold(at, client, (int)session, room, from, to, reason == "too_far_behind" ? GapReason.TooFarBehind : GapReason.LostPast));

    public void Ended(long session) => history.Note(at => new Disconnected(at, client, (int)session));

    /// <summary>A message is followed by its key; what nobody posted as one, by its type.</summary>
    public static Entry EntryOf(RoomEvent happened) => happened is { Content: MessagePosted message, Key: { } key }
        ? new Entry(happened.Position, key, Fingerprint.Of(message.Text))
        : new Entry(happened.Position, $"#{happened.Content.Type}", Fingerprint.Of(happened.Content.ToString() ?? ""));
}
