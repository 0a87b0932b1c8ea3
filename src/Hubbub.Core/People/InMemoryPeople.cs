using Hubbub.Protocol;

namespace Hubbub.Core.People;

/// <summary>The reference store of people: in the memory of one process, gone with it. Thread-safe; every call completes synchronously.</summary>
/// <param name="time">Only to forget amendments whose time is past.</param>
public sealed partial class InMemoryPeople(TimeProvider time) : IPeople
{
    private readonly Lock _lock = new();
    private readonly Dictionary<UserId, Account> _accounts = [];
    private readonly Dictionary<string, UserId> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<UserId, Amendment> _amendments = [];
    private readonly Dictionary<OutsideIdentity, UserId> _identities = [];
    private long _lastNumber;

    public ValueTask<Registration> CreateAsync(Account account, OutsideIdentity? identity, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(account);
        lock (_lock)
        {
            if (_accounts.ContainsKey(account.User.Id) || (identity is not null && _identities.ContainsKey(identity)))
                return ValueTask.FromResult(Registration.HasAccount);
            string[] keys = account.Handle is { } handle ? [AccountRules.KeyOf(account.User.Name), AccountRules.KeyOf(handle)] : [AccountRules.KeyOf(account.User.Name)];
            if (keys.Any(_names.ContainsKey))
                return ValueTask.FromResult(Registration.NameTaken);
            foreach (var key in keys)
                _names[key] = account.User.Id;
            _accounts.Add(account.User.Id, account with { Generation = _amendments.GetValueOrDefault(account.User.Id)?.Generation ?? 0 });
            if (identity is not null)
                _identities.Add(identity, account.User.Id);
            return ValueTask.FromResult(Registration.Created);
        }
    }

    public ValueTask<Account?> FindByIdentityAsync(OutsideIdentity identity, CancellationToken ct)
    {
        lock (_lock)
            return ValueTask.FromResult(_identities.TryGetValue(identity, out var user) ? _accounts[user] : null);
    }

    public ValueTask<Account?> FindAsync(UserId user, CancellationToken ct)
    {
        lock (_lock)
            return ValueTask.FromResult(_accounts.GetValueOrDefault(user));
    }

    public ValueTask<Account?> FindByNameAsync(string nameKey, CancellationToken ct)
    {
        lock (_lock)
            return ValueTask.FromResult(_names.TryGetValue(nameKey, out var user) ? _accounts[user] : null);
    }

    public ValueTask<long?> ChangePasswordAsync(UserId user, string from, string to, DateTimeOffset until, CancellationToken ct)
    {
        lock (_lock)
        {
            if (_accounts.GetValueOrDefault(user) is not { } account || account.PasswordHash != from)
                return ValueTask.FromResult<long?>(null);
            _accounts[user] = account with { PasswordHash = to };
            return ValueTask.FromResult<long?>(SignOut_NeedsLock(user, until));
        }
    }

    public ValueTask<long> SignOutAsync(UserId user, DateTimeOffset until, CancellationToken ct)
    {
        lock (_lock)
            return ValueTask.FromResult(SignOut_NeedsLock(user, until));
    }

    public ValueTask<IReadOnlyList<Amendment>> AmendmentsAsync(long after, int limit, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        lock (_lock)
            return ValueTask.FromResult<IReadOnlyList<Amendment>>([.. _amendments.Values.Where(a => a.Number > after).OrderBy(a => a.Number).Take(limit)]);
    }

    private long SignOut_NeedsLock(UserId user, DateTimeOffset until)
    {
        var account = _accounts.GetValueOrDefault(user);
        var generation = (account?.Generation ?? _amendments.GetValueOrDefault(user)?.Generation ?? 0) + 1;
        if (account is not null)
            _accounts[user] = account with { Generation = generation };
        Amend_NeedsLock(user, until, before => before with { Generation = generation });
        return generation;
    }

    private void Amend_NeedsLock(UserId user, DateTimeOffset until, Func<Amendment, Amendment> change)
    {
        foreach (var past in _amendments.Values.Where(a => a.Until < time.GetUtcNow()).ToList())
            _amendments.Remove(past.User);
        var before = _amendments.GetValueOrDefault(user) ?? new Amendment(0, user, 0, null, until);
        _amendments[user] = change(before) with { Number = ++_lastNumber, Until = before.Until > until ? before.Until : until };
    }
}
