using Hubbub.Protocol;

namespace Hubbub.Core.People;

/// <summary>Somebody who comes back by a name and a password. Their id is the one they had as a guest, so what they wrote before is theirs.</summary>
/// <param name="User">Id and name; the name is nobody else's (<see cref="AccountRules.KeyOf"/>).</param>
/// <param name="Handle">A second name to sign in with, which stays when the first changes; null for none.</param>
/// <param name="PasswordHash">As the hasher writes it, with its salt and cost; empty for who signs in elsewhere and has none.</param>
/// <param name="Generation">How often they have signed out everywhere; a token of a lower one counts no more.</param>
/// <param name="CreatedAt">When the account was made.</param>
public sealed record Account(User User, string? Handle, string PasswordHash, long Generation, DateTimeOffset CreatedAt)
{
    /// <summary>Without the hash, for it may end up in a log.</summary>
    public override string ToString() => $"Account {User.Id}";
}

/// <summary>Who somebody is at another place that says so (OpenID Connect Core § 2: <c>iss</c> and <c>sub</c>, which are never given to another).</summary>
public sealed record OutsideIdentity(string Issuer, string Subject);

/// <summary>What has changed about a user since tokens of theirs were made; kept until the last of those has expired.</summary>
/// <param name="Number">Grows with every change of anybody, so that a node reads only what is new. Of one user only the latest is kept.</param>
/// <param name="User">Whose tokens it is about.</param>
/// <param name="Generation">Tokens of a lower generation count no more.</param>
/// <param name="Name">What they are called now; null: as their tokens say.</param>
/// <param name="Until">When the last token that says otherwise has expired.</param>
public sealed record Amendment(long Number, UserId User, long Generation, string? Name, DateTimeOffset Until);

/// <summary>What came of making an account.</summary>
public enum Registration
{
    Created,

    /// <summary>The name or the handle is another's.</summary>
    NameTaken,

    /// <summary>The user, or who they are elsewhere, has an account already.</summary>
    HasAccount,
}
