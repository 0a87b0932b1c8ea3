using System.Buffers.Text;

namespace Hubbub.Load.Wire;

/// <summary>
/// What every message of a run carries, at fixed places so that a request is built by overwriting digits: its text begins
/// with the time it was meant to be sent and its number; its key names the run, the client and the number.
/// </summary>
internal static class Stamp
{
    /// <summary>16 hex digits of time, a blank, 8 digits of number, a blank.</summary>
    public const int TextLength = 26;

    /// <summary>A dash, 5 digits of client, a dash, 8 digits of number; the run stands before it.</summary>
    public const int KeySuffixLength = 15;

    public const int MaxClients = 99_999;
    public const int MaxNumber = 99_999_999;

    public static void WriteText(Span<byte> text, long sentAt, int number)
    {
        for (var i = 15; i >= 0; i--, sentAt >>= 4)
            text[i] = "0123456789abcdef"u8[(int)(sentAt & 15)];
        text[16] = (byte)' ';
        WriteDigits(text.Slice(17, 8), number);
        text[25] = (byte)' ';
    }

    public static bool TryReadText(ReadOnlySpan<byte> text, out long sentAt, out int number)
    {
        sentAt = 0;
        number = 0;
        return text.Length >= TextLength
            && Utf8Parser.TryParse(text[..16], out sentAt, out var used, 'x') && used == 16
            && TryReadDigits(text.Slice(17, 8), out number);
    }

    public static void WriteKeySuffix(Span<byte> suffix, int client, int number)
    {
        suffix[0] = (byte)'-';
        WriteDigits(suffix.Slice(1, 5), client);
        suffix[6] = (byte)'-';
        WriteDigits(suffix.Slice(7, 8), number);
    }

    /// <summary>False for a key that is not of this run.</summary>
    public static bool TryReadKey(ReadOnlySpan<byte> key, ReadOnlySpan<byte> run, out int client, out int number)
    {
        client = 0;
        number = 0;
        if (key.Length != run.Length + KeySuffixLength || !key.StartsWith(run))
            return false;
        var suffix = key[run.Length..];
        return TryReadDigits(suffix.Slice(1, 5), out client) && TryReadDigits(suffix.Slice(7, 8), out number);
    }

    public static void WriteDigits(Span<byte> digits, int number)
    {
        for (var i = digits.Length - 1; i >= 0; i--, number /= 10)
            digits[i] = (byte)('0' + number % 10);
    }

    public static bool TryReadDigits(ReadOnlySpan<byte> digits, out int number) =>
        Utf8Parser.TryParse(digits, out number, out var used) && used == digits.Length;
}
