using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Hubbub.Protocol;

/// <summary>
/// A room's name on the wire: 1–64 of <c>A–Z a–z 0–9 . _ -</c>, the first a letter or digit, case-sensitive. The alphabet leaves
/// out <c>@ , :</c> and everything that means something to a broker's channel pattern, a path or a shell.
/// </summary>
public readonly record struct RoomId
{
    public const int MaxLength = 64;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>With what the ids of direct rooms begin, before 40 hex digits. The server makes them; nobody chooses one.</summary>
    public const string DirectPrefix = "direct.";

    private const int DirectDigits = 40;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private readonly string? _value;

    private RoomId(string value) => _value = value;

    public string Value => _value ?? throw new InvalidOperationException("An uninitialised RoomId has no value.");

    /// <summary>Whether this is the form of a direct room's id.</summary>
    public bool IsDirect =>
        _value?.Length == DirectPrefix.Length + DirectDigits && _value.StartsWith(DirectPrefix, StringComparison.Ordinal) && !_value.AsSpan(DirectPrefix.Length).ContainsAnyExcept(HexDigits);

    /// <exception cref="FormatException">The text is not a room id.</exception>
    public static RoomId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"Not a room id: {Refusals.Rules.RoomId}");

    public static bool TryParse([NotNullWhen(true)] string? text, out RoomId id)
    {
        var valid = text is { Length: > 0 and <= MaxLength }
            && char.IsAsciiLetterOrDigit(text[0])
            && !text.AsSpan().ContainsAnyExcept(Allowed);
        id = valid ? new RoomId(text!) : default;
        return valid;
    }

    public override string ToString() => _value ?? "";
}
