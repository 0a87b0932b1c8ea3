using System.Text;
using Hubbub.Core.Hub;
using Hubbub.Protocol;

namespace Hubbub.Server.Transports.Http;

/// <summary>One room of <c>?rooms=</c>, and where it is to be read from.</summary>
internal readonly record struct RoomPosition(RoomId Room, StartAt Start);

/// <summary>The list <c>a@E:S,b@0,c</c> of <c>?rooms=</c> and of the <c>id:</c> of a stream of many rooms.</summary>
internal static class RoomPositions
{
    public static Refusal? Read(string? text, int maxRooms, out List<RoomPosition> rooms)
    {
        rooms = [];
        if (string.IsNullOrEmpty(text))
            return Refusals.BadRequest("Say 'rooms' as room@position,room@position,…");
        var seen = new HashSet<RoomId>();
        foreach (var range in text.AsSpan().Split(','))
        {
            if (rooms.Count == maxRooms)
                return Refusals.TooManyRooms(maxRooms);
            var entry = text.AsSpan()[range];
            var at = entry.IndexOf('@');
            var start = StartAt.Head;
            if (at >= 0)
            {
                if (!Position.TryParse(entry[(at + 1)..], out var position))
                    return Refusals.BadPosition;
                start = StartAt.Behind(position);
            }

            if (!RoomId.TryParse((at < 0 ? entry : entry[..at]).ToString(), out var room))
                return Refusals.BadRoom;
            if (!seen.Add(room))
                return Refusals.BadRequest($"Room {room} is named twice.");
            rooms.Add(new RoomPosition(room, start));
        }

        return null;
    }

    public static string Write(IEnumerable<(RoomId Room, Position Position)> rooms)
    {
        var text = new StringBuilder();
        foreach (var (room, position) in rooms)
            text.Append(text.Length == 0 ? "" : ",").Append(room.Value).Append('@').Append(position);
        return text.ToString();
    }
}
