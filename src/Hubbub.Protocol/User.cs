using System.Diagnostics.CodeAnalysis;

namespace Hubbub.Protocol;

/// <summary>A user's lasting identity: 1–128 visible ASCII characters, from the token's <c>sub</c>.</summary>
public readonly record struct UserId
{
    public const int MaxLength = 128;

    private readonly string? _value;

    private UserId(string value) => _value = value;

    public string Value => _value ?? throw new InvalidOperationException("An uninitialised UserId has no value.");

    /// <exception cref="FormatException">The text is not a user id.</exception>
    public static UserId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException("A user id is 1–128 visible ASCII characters.");

    public static bool TryParse([NotNullWhen(true)] string? text, out UserId id)
    {
        var valid = Texts.IsVisibleAscii(text, MaxLength);
        id = valid ? new UserId(text!) : default;
        return valid;
    }

    public override string ToString() => _value ?? "";
}

/// <summary>Who did something, as everyone sees it. The name is what it was then; it is stored with the event.</summary>
public sealed record User(UserId Id, string Name);
