using Hubbub.Protocol;

namespace Hubbub.Core.People;

/// <summary>
/// What is known about people besides what they do in rooms: accounts, profiles, blocks, and what has changed about somebody since their tokens were made. Defined by <c>PeopleContract</c>.
/// </summary>
/// <remarks>Thread-safe. Every write is durable when the call returns, and happens whole or not at all. Operating errors are <see cref="Log.StoreException"/>.</remarks>
public interface IPeople
{
    /// <summary>Keeps a new account, whose name and handle are then nobody else's. Its generation becomes the user's own, if they have signed out everywhere as a guest.</summary>
    /// <param name="account">The account.</param>
    /// <param name="identity">Who they are elsewhere, by which the account is found from now on; null for who comes by a password.</param>
    /// <param name="ct">Gives up before it is begun.</param>
    ValueTask<Registration> CreateAsync(Account account, OutsideIdentity? identity, CancellationToken ct);

    ValueTask<Account?> FindByIdentityAsync(OutsideIdentity identity, CancellationToken ct);

    ValueTask<Account?> FindAsync(UserId user, CancellationToken ct);

    /// <summary>The account that has this name or handle.</summary>
    /// <param name="nameKey">A name's <see cref="AccountRules.KeyOf"/>.</param>
    /// <param name="ct">Gives up.</param>
    ValueTask<Account?> FindByNameAsync(string nameKey, CancellationToken ct);

    /// <summary>Puts one password in the place of another and ends the tokens of before, as <see cref="SignOutAsync"/> does.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="from">The hash that was checked; if another stands there meanwhile, nothing is changed.</param>
    /// <param name="to">The hash that it becomes.</param>
    /// <param name="until">When the last token that was made before will have expired.</param>
    /// <param name="ct">Gives up before it is begun.</param>
    /// <returns>The generation of the tokens that count from now on; null if nothing was changed.</returns>
    ValueTask<long?> ChangePasswordAsync(UserId user, string from, string to, DateTimeOffset until, CancellationToken ct);

    /// <summary>Ends all tokens that the user has, with an account or without.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="until">When the last of them will have expired.</param>
    /// <param name="ct">Gives up before it is begun.</param>
    /// <returns>The generation of the tokens that count from now on.</returns>
    ValueTask<long> SignOutAsync(UserId user, DateTimeOffset until, CancellationToken ct);

    /// <summary>
    /// What has changed about anybody since the change of this number, by number; at most <paramref name="limit"/>. Whoever asks again and again with the last number that they were told misses nothing:
    /// a number is never seen before all lower ones. What is past its time may be forgotten.
    /// </summary>
    ValueTask<IReadOnlyList<Amendment>> AmendmentsAsync(long after, int limit, CancellationToken ct);

    /// <summary>Null for who has no account and was never seen, or not for so long that they were forgotten.</summary>
    ValueTask<Profile?> ProfileAsync(UserId user, CancellationToken ct);

    /// <summary>The profiles of those of these users of whom there is one (<see cref="ProfileAsync"/>), in no particular order; each once, however often they are asked for.</summary>
    ValueTask<IReadOnlyList<Profile>> ProfilesAsync(IReadOnlyList<UserId> users, CancellationToken ct);

    /// <summary>Changes what somebody says about themselves. A new name is told to all nodes as an amendment of the tokens that say the old one; of an account it is also what one signs in with.</summary>
    /// <param name="user">Who, by the name that they had so far.</param>
    /// <param name="change">What.</param>
    /// <param name="now">When.</param>
    /// <param name="until">When the last token that says the old name will have expired.</param>
    /// <param name="ct">Gives up before it is begun.</param>
    /// <returns>False, and nothing is changed, if the name is another account's.</returns>
    ValueTask<bool> ChangeProfileAsync(User user, ProfileChange change, DateTimeOffset now, DateTimeOffset until, CancellationToken ct);

    /// <summary>Notes who was seen when, by the name that an amendment gives them, or else the one that is said. By the way a few are forgotten who have no account and were not seen since <paramref name="forget"/>, with all that was kept of them here.</summary>
    ValueTask SeeAsync(IReadOnlyList<Sighting> sightings, DateTimeOffset forget, CancellationToken ct);

    /// <summary>Puts a picture in the place of the one before; null takes it away.</summary>
    ValueTask SetAvatarAsync(User user, Avatar? avatar, DateTimeOffset now, CancellationToken ct);

    /// <summary>A picture that somebody has now.</summary>
    ValueTask<Avatar?> AvatarAsync(string hash, CancellationToken ct);

    /// <summary>Whom the user has blocked, by user id (ordinal); at most <see cref="AccountRules.MaxBlocks"/>.</summary>
    ValueTask<IReadOnlyList<Block>> BlocksAsync(UserId user, CancellationToken ct);

    /// <summary>Blocks somebody; again changes nothing.</summary>
    /// <returns>False if the user has blocked as many as one may.</returns>
    ValueTask<bool> BlockAsync(UserId user, UserId blocked, DateTimeOffset now, CancellationToken ct);

    /// <summary>Ends a block, if there is one.</summary>
    ValueTask UnblockAsync(UserId user, UserId blocked, CancellationToken ct);

    /// <summary>Whether any of the others has blocked the user, or the user any of them.</summary>
    ValueTask<bool> IsBlockedAsync(UserId user, IReadOnlyList<UserId> others, CancellationToken ct);
}
