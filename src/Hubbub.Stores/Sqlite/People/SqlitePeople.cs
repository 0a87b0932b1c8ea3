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

    public async ValueTask<Registration> CreateAsync(Account account, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(account);
        return await _writer.Enqueue(session => session.People.Create(account), ct);
    }

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
}
