using System.Security.Cryptography;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Server.Auth;

/// <summary>People without an account. A guest's token is all there is of them: whoever has it is that guest.</summary>
public sealed class Guests(Tokens tokens, TokenOptions options)
{
    /// <summary>How the id of everybody begins whom this server knows by itself, guests and those who have made an account since; and nobody else's.</summary>
    public const string IdPrefix = "g-";

    /// <summary>26 characters of 5 bits: 130 bits, so that no id is guessed or drawn twice.</summary>
    private const int IdLength = 26;

    /// <summary>Base32 without what is easily misread (Crockford's letters).</summary>
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    private static readonly Refusal NotAllowed = Refusals.Forbidden("This server takes no guests; a token of its application is needed.");

    public bool Allowed => options.AllowGuests;

    /// <summary>Whether it is this server's user, and not an application's.</summary>
    public static bool IsOurs(UserId user) => user.Value.StartsWith(IdPrefix, StringComparison.Ordinal);

    /// <summary>A new user's id, never drawn before.</summary>
    public static UserId DrawId() => UserId.Parse(IdPrefix + RandomNumberGenerator.GetString(Alphabet, IdLength));

    /// <param name="name">Null: "Guest" and four random characters.</param>
    public Outcome<Guest> Make(string? name)
    {
        if (!Allowed)
            return NotAllowed;
        name ??= $"Guest {RandomNumberGenerator.GetString(Alphabet, 4).ToUpperInvariant()}";
        if (Texts.CheckName(name) is { } refusal)
            return refusal;

        var user = new User(DrawId(), name);
        var issued = tokens.Issue(user, options.GuestLifetime);
        return new Guest(new Caller(user, issued.ExpiresAt), issued.Token);
    }
}

/// <summary>A guest just made, and the token that is their identity from now on.</summary>
public sealed record Guest(Caller Caller, string Token)
{
    /// <summary>Without the token, for it may end up in a log.</summary>
    public override string ToString() => $"Guest {Caller.User.Id}";
}
