using System.Text;
using Hubbub.Load.Wire;

namespace Hubbub.Compare.Listening;

/// <summary>
/// The 128 bytes that every server is given to deliver: the load generator's stamp (when it was sent, its number in its room), a mark by
/// which a listener finds it among what the server puts around it, the room, and filler. No byte of it needs an escape in
/// any of the protocols.
/// </summary>
internal static class PostText
{
    public const int Length = 128;

    private const int RoomAt = Stamp.TextLength + 3;
    private const int RoomDigits = 5;

    private static readonly byte[] s_blank = Encoding.ASCII.GetBytes(
        new string(' ', Stamp.TextLength) + Encoding.ASCII.GetString(Mark) + new string('0', RoomDigits) + ' '
        + MessageTemplate.Filler(Length - RoomAt - RoomDigits - 1, 20_26));

    private static ReadOnlySpan<byte> Mark => "~#~"u8;

    public static void Write(Span<byte> text, int room, int number, long sentAt)
    {
        s_blank.CopyTo(text);
        Stamp.WriteText(text, sentAt, number);
        Stamp.WriteDigits(text.Slice(RoomAt, RoomDigits), room);
    }

    /// <summary>
    /// Takes the next message's text out of <paramref name="received"/>, which then is what stands behind it; false if there is none.
    /// </summary>
    public static bool TryTake(ref ReadOnlySpan<byte> received, out ReadOnlySpan<byte> text)
    {
        text = default;
        var mark = received.IndexOf(Mark);
        if (mark < 0)
            return false;
        var begin = mark - Stamp.TextLength;
        if (begin < 0 || begin + Length > received.Length)
            throw new WireFault("a message's text was cut");
        text = received.Slice(begin, Length);
        received = received[(begin + Length)..];
        return true;
    }

    /// <summary>Reads a whole text; false if any byte of it is not as it was written.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, int room, out int number, out long sentAt)
    {
        if (!Stamp.TryReadText(text, out sentAt, out number))
            return false;
        Span<byte> written = stackalloc byte[Length];
        Write(written, room, number, sentAt);
        return written.SequenceEqual(text);
    }
}
