using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Hubbub.Protocol;

/// <summary>
/// One life of a room's log, written as 8 lower-case hex digits. A log that has lost its past (a wiped store, a restored backup) begins a new life,
/// so that a reader who holds number 3 of the old story is never handed number 4 of another.
/// </summary>
public readonly record struct Epoch(uint Value)
{
    public const int Length = 8;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    public static bool TryParse(ReadOnlySpan<char> text, out Epoch epoch)
    {
        epoch = default;
        if (text.Length != Length || text.ContainsAnyExcept(Digits))
            return false;
        epoch = new Epoch(uint.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        return true;
    }

    public override string ToString() => Value.ToString("x8", CultureInfo.InvariantCulture);
}

/// <summary>
/// A place in a room's log: after the event with this sequence. <see cref="Start"/> (written <c>0</c>) is before the first event of whichever life.
/// </summary>
public readonly record struct Position(Epoch Epoch, long Sequence)
{
    /// <summary>Before everything, whatever the epoch.</summary>
    public static readonly Position Start;

    /// <summary>8 hex digits, a colon, and at most 19 digits.</summary>
    public const int MaxLength = Epoch.Length + 1 + 19;

    public bool IsStart => Sequence == 0;

    /// <summary>Reads <c>E:S</c> or <c>0</c>; refuses signs, spaces, leading zeros and numbers over 2^63−1.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Position position)
    {
        position = Start;
        if (text is "0")
            return true;
        if (text.Length is < Epoch.Length + 2 or > MaxLength || text[Epoch.Length] != ':')
            return false;
        var digits = text[(Epoch.Length + 1)..];
        if (digits.Length > 1 && digits[0] == '0')
            return false;
        if (!Epoch.TryParse(text[..Epoch.Length], out var epoch)
            || !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
            return false;
        position = new Position(epoch, sequence);
        return true;
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out Position position) => TryParse(text.AsSpan(), out position);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Epoch.Value:x8}:{Sequence}");
}
