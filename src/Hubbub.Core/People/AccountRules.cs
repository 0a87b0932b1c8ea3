using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Hubbub.Protocol;

namespace Hubbub.Core.People;

/// <summary>The rules for names, handles and passwords of accounts. Pure.</summary>
public static class AccountRules
{
    public const int MinPasswordLength = 8;
    public const int MaxPasswordLength = 128;
    public const int MaxHandleLength = 32;

    /// <summary>The most people whom one may block.</summary>
    public const int MaxBlocks = 1000;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");
    private static readonly SearchValues<char> HandleCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>Under what a name is unique; empty for what no account can be called.</summary>
    public static string KeyOf(string? name) => name is { Length: > 0 and <= Texts.MaxNameLength } ? Folding.Fold(name) : "";

    /// <summary>Checks a colour: <c>#rrggbb</c>; null and the empty text are fine.</summary>
    public static Refusal? CheckColor(string? color) =>
        string.IsNullOrEmpty(color) || (color.Length == 7 && color[0] == '#' && !color.AsSpan(1).ContainsAnyExcept(HexDigits))
            ? null
            : Refusals.BadRequest("A color is #rrggbb, or empty for none.");

    /// <summary>Checks the name of an account: as every name, and something of it must be seen.</summary>
    public static Refusal? CheckName([NotNull] string? name)
    {
        if (Texts.CheckName(name) is { } refusal)
            return refusal;
        return KeyOf(name).Length == 0 ? Refusals.BadName("A name needs at least one visible character.") : null;
    }

    /// <summary>Checks a handle: 1–32 of <c>A–Z a–z 0–9 . _ -</c>. None at all is fine.</summary>
    public static Refusal? CheckHandle(string? handle) =>
        handle is null || (handle.Length is > 0 and <= MaxHandleLength && !handle.AsSpan().ContainsAnyExcept(HandleCharacters))
            ? null
            : Refusals.BadName($"A handle is 1–{MaxHandleLength} of A–Z a–z 0–9 . _ -.");

    /// <summary>
    /// Checks a password: 8–128 characters, valid Unicode, and not the name itself. Which characters is not our business (NIST SP 800-63B § 3.1.1.2): length is what helps, rules of composition do not.
    /// </summary>
    public static Refusal? CheckPassword([NotNull] string? password, params ReadOnlySpan<string?> names)
    {
        if (password is not { Length: >= MinPasswordLength and <= MaxPasswordLength })
        {
            password ??= "";
            return Refusals.BadPassword($"A password has {MinPasswordLength} to {MaxPasswordLength} characters.");
        }

        // Half a surrogate pair would be hashed as the same replacement character as any other.
        foreach (var rune in password.EnumerateRunes())
        {
            if (rune == System.Text.Rune.ReplacementChar)
                return Refusals.BadPassword("The password is not valid Unicode.");
        }

        var key = KeyOf(password);
        foreach (var name in names)
        {
            if (key.Length > 0 && key == KeyOf(name))
                return Refusals.BadPassword("Your name is the first password that anybody would try.");
        }

        return null;
    }
}
