using System.Globalization;
using Hubbub.Protocol;

namespace Hubbub.Core.Search;

/// <summary>Where a message stands among all that are found: by time, and at one time by sequence and room, so that pages never overlap.</summary>
/// <param name="SentAt">Unix milliseconds.</param>
/// <param name="Sequence">In its room.</param>
/// <param name="Room">The room's id.</param>
public readonly record struct SearchPlace(long SentAt, long Sequence, string Room) : IComparable<SearchPlace>
{
    /// <summary>Behind everything.</summary>
    public static readonly SearchPlace End = new(long.MaxValue, long.MaxValue, "~");

    public static SearchPlace Of(RoomId room, MessageIndexed message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return new SearchPlace(message.SentAt.ToUnixTimeMilliseconds(), message.Message, room.Value);
    }

    public static SearchPlace Of(SearchHit hit)
    {
        ArgumentNullException.ThrowIfNull(hit);
        return new SearchPlace(hit.SentAt.ToUnixTimeMilliseconds(), hit.Id.Sequence, hit.Room.Value);
    }

    /// <exception cref="FormatException">It is not what <see cref="ToString"/> gives.</exception>
    public static SearchPlace Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('~');
        return parts is [var sentAt, var sequence, var room] && RoomId.TryParse(room, out _)
            && long.TryParse(sentAt, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var time)
            && long.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new SearchPlace(time, number, room)
            : throw new FormatException("Not a place among found messages.");
    }

    public static bool operator <(SearchPlace left, SearchPlace right) => left.CompareTo(right) < 0;

    public static bool operator >(SearchPlace left, SearchPlace right) => left.CompareTo(right) > 0;

    public static bool operator <=(SearchPlace left, SearchPlace right) => left.CompareTo(right) <= 0;

    public static bool operator >=(SearchPlace left, SearchPlace right) => left.CompareTo(right) >= 0;

    public int CompareTo(SearchPlace other)
    {
        var byTime = SentAt.CompareTo(other.SentAt);
        var bySequence = byTime != 0 ? byTime : Sequence.CompareTo(other.Sequence);
        return bySequence != 0 ? bySequence : string.CompareOrdinal(Room, other.Room);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{SentAt}~{Sequence}~{Room}");
}
