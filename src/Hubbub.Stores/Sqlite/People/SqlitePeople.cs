using Hubbub.Core.People;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite.Reading;
using Hubbub.Stores.Sqlite.Writing;

namespace Hubbub.Stores.Sqlite.People;

/// <summary>What is known about people, in the same file and through the same writer as the rooms. Made by <see cref="SqliteStore.People"/>, and works as long as the store. Thread-safe.</summary>
public sealed class SqlitePeople : IPeople
{
    private readonly Writer _writer;
    private readonly ReadPool _reads;

    internal SqlitePeople(Writer writer, ReadPool reads)
    {
        _writer = writer;
        _reads = reads;
    }

    public async ValueTask<Registration> CreateAsync(Account account, OutsideIdentity? identity, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(account);
        return await _writer.Enqueue(session => session.People.Create(account, identity), ct);
    }

    public ValueTask<Account?> FindByIdentityAsync(OutsideIdentity identity, CancellationToken ct) =>
        _reads.ReadAsync(session => session.People.AccountByIdentity(identity), ct);

    public ValueTask<Account?> FindAsync(UserId user, CancellationToken ct) => _reads.ReadAsync(session => session.People.Account(user), ct);

    public ValueTask<Account?> FindByNameAsync(string nameKey, CancellationToken ct) => _reads.ReadAsync(session => session.People.AccountByName(nameKey), ct);

    public async ValueTask<long?> ChangePasswordAsync(UserId user, string from, string to, DateTimeOffset until, CancellationToken ct)
    {
        var generation = await _writer.Enqueue(session => session.People.ChangePassword(user, from, to, until), ct);
        return generation == 0 ? null : generation;
    }

    public async ValueTask<long> SignOutAsync(UserId user, DateTimeOffset until, CancellationToken ct) =>
        await _writer.Enqueue(session => session.People.SignOut(user, until), ct);

    public ValueTask<IReadOnlyList<Amendment>> AmendmentsAsync(long after, int limit, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return _reads.ReadAsync<IReadOnlyList<Amendment>>(session => session.People.Amendments(after, limit), ct);
    }

    public ValueTask<Profile?> ProfileAsync(UserId user, CancellationToken ct) => _reads.ReadAsync(session => session.People.Profile(user), ct);

    public ValueTask<IReadOnlyList<Profile>> ProfilesAsync(IReadOnlyList<UserId> users, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(users);
        return _reads.ReadAsync<IReadOnlyList<Profile>>(session => [.. users.Distinct().Select(session.People.Profile).OfType<Profile>()], ct);
    }

    public async ValueTask<bool> ChangeProfileAsync(User user, ProfileChange change, DateTimeOffset now, DateTimeOffset until, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentNullException.ThrowIfNull(change);
        return await _writer.Enqueue(session => session.People.ChangeProfile(user, change, now, until), ct);
    }

    public async ValueTask SeeAsync(IReadOnlyList<Sighting> sightings, DateTimeOffset forget, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(sightings);
        await _writer.Enqueue(
            session =>
            {
                session.People.Profiles.See(sightings, forget);
                return true;
            },
            ct);
    }

    public async ValueTask SetAvatarAsync(User user, Avatar? avatar, DateTimeOffset now, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(user);
        await _writer.Enqueue(
            session =>
            {
                session.People.Profiles.SetAvatar(user, avatar, now);
                return true;
            },
            ct);
    }

    public ValueTask<Avatar?> AvatarAsync(string hash, CancellationToken ct) => _reads.ReadAsync(session => session.People.Avatar(hash), ct);

    public ValueTask<IReadOnlyList<Block>> BlocksAsync(UserId user, CancellationToken ct) =>
        _reads.ReadAsync<IReadOnlyList<Block>>(session => session.People.Blocks(user), ct);

    public async ValueTask<bool> BlockAsync(UserId user, UserId blocked, DateTimeOffset now, CancellationToken ct) =>
        await _writer.Enqueue(session => session.People.Profiles.Block(user, blocked, now), ct);

    public async ValueTask UnblockAsync(UserId user, UserId blocked, CancellationToken ct) =>
        await _writer.Enqueue(session => session.People.Profiles.Unblock(user, blocked), ct);

    public ValueTask<bool> IsBlockedAsync(UserId user, IReadOnlyList<UserId> others, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(others);
        return _reads.ReadAsync(session => session.People.IsBlocked(user, others), ct);
    }
}
