using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Hubbub.Protocol.WebSockets;

/// <summary>UTF-8 that comes in parts, which may be cut inside a character: bad bytes are seen with the part that brings them, not only at the end.</summary>
internal static class Utf8Parts
{
    /// <summary>Whether the bytes can be the beginning of a text.</summary>
    /// <param name="text">From the beginning of a character.</param>
    /// <param name="whole">How many bytes of it are whole characters; what follows is at most three bytes and belongs to the next part.</param>
    public static bool IsValidSoFar(ReadOnlySpan<byte> text, out int whole)
    {
        whole = text.Length - CutCharacter(text);
        return Utf8.IsValid(text[..whole]);
    }

    /// <summary>The length of the last character if it is a good one so far, and cut; else 0.</summary>
    private static int CutCharacter(ReadOnlySpan<byte> text)
    {
        for (var length = 1; length <= Math.Min(3, text.Length); length++)
        {
            var first = text[^length];
            if (first < 0x80)
                return 0;
            if (first >= 0xC0)
                return Rune.DecodeFromUtf8(text[^length..], out _, out _) == OperationStatus.NeedMoreData ? length : 0;
        }

        return 0;
    }
}
