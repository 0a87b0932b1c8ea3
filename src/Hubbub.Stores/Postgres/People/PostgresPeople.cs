using Hubbub.Core.People;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres.Driver;

namespace Hubbub.Stores.Postgres.People;

/// <summary>What is known about people, for all nodes that share a database. Made by <see cref="PostgresStore.People"/>, and works as long as the store. Thread-safe.</summary>
public sealed class PostgresPeople : IPeople
{
    private readonly Calls _calls;
    private readonly TimeProvider _time;

    internal PostgresPeople(Calls calls, TimeProvider time)
    {
        _calls = calls;
        _time = time;
    }

    public async ValueTask<Registration> CreateAsync(Account account, OutsideIdentity? identity, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(account);
        return await _calls.ChangeAsync(connection => PeopleWriter.CreateAsync(connection, account, identity), ct);
    }

    public async ValueTask<Account?> FindByIdentityAsync(OutsideIdentity identity, CancellationToken ct) =>
        await _calls.AskAsync(connection => PeopleReader.AccountByIdentityAsync(connection, identity), ct);

    public async ValueTask<Account?> FindAsync(UserId user, CancellationToken ct) =>
        await _calls.AskAsync(connection => PeopleReader.AccountAsync(connection, user), ct);

    public async ValueTask<Account?> FindByNameAsync(string nameKey, CancellationToken ct) =>
        await _calls.AskAsync(connection => PeopleReader.AccountByNameAsync(connection, nameKey), ct);

    public async ValueTask<long?> ChangePasswordAsync(UserId user, string from, string to, DateTimeOffset until, CancellationToken ct) =>
        await _calls.ChangeAsync(connection => PeopleWriter.ChangePasswordAsync(connection, user, from, to, until, _time.GetUtcNow()), ct);

    public async ValueTask<long> SignOutAsync(UserId user, DateTimeOffset until, CancellationToken ct) =>
        await _calls.ChangeAsync(connection => PeopleWriter.SignOutAsync(connection, user, until, _time.GetUtcNow()), ct);

    public async ValueTask<IReadOnlyList<Amendment>> AmendmentsAsync(long after, int limit, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return await _calls.AskAsync(connection => PeopleReader.AmendmentsAsync(connection, after, limit), ct);
    }

    public async ValueTask<Profile?> ProfileAsync(UserId user, CancellationToken ct) =>
        await _calls.AskAsync(connection => PeopleReader.ProfileAsync(connection, user), ct);

    public async ValueTask<IReadOnlyList<Profile>> ProfilesAsync(IReadOnlyList<UserId> users, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(users);
        return await _calls.AskAsync(connection => PeopleReader.ProfilesAsync(connection, users), ct);
    }

    public async ValueTask<bool> ChangeProfileAsync(User user, ProfileChange change, DateTimeOffset now, DateTimeOffset until, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentNullException.ThrowIfNull(change);
        return await _calls.ChangeAsync(connection => PeopleWriter.ChangeProfileAsync(connection, user, change, now, until), ct);
    }

    public async ValueTask SeeAsync(IReadOnlyList<Sighting> sightings, DateTimeOffset forget, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(sightings);
        await _calls.ChangeAsync(connection => ProfileWriter.SeeAsync(connection, sightings, forget), ct);
    }

    public async ValueTask SetAvatarAsync(User user, Avatar? avatar, DateTimeOffset now, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(user);
        await _calls.ChangeAsync(connection => ProfileWriter.SetAvatarAsync(connection, user, avatar, now), ct);
    }

    public async ValueTask<Avatar?> AvatarAsync(string hash, CancellationToken ct) =>
        await _calls.AskAsync(connection => PeopleReader.AvatarAsync(connection, hash), ct);

    public async ValueTask<IReadOnlyList<Block>> BlocksAsync(UserId user, CancellationToken ct) =>
        await _calls.AskAsync(connection => PeopleReader.BlocksAsync(connection, user), ct);

    public async ValueTask<bool> BlockAsync(UserId user, UserId blocked, DateTimeOffset now, CancellationToken ct) =>
        await _calls.ChangeAsync(connection => ProfileWriter.BlockAsync(connection, user, blocked, now), ct);

    public async ValueTask UnblockAsync(UserId user, UserId blocked, CancellationToken ct) =>
        await _calls.ChangeAsync(connection => ProfileWriter.UnblockAsync(connection, user, blocked), ct);

    public async ValueTask<bool> IsBlockedAsync(UserId user, IReadOnlyList<UserId> others, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(others);
        return await _calls.AskAsync(connection => PeopleReader.IsBlockedAsync(connection, user, others), ct);
    }
}
