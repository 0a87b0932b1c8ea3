using Hubbub.Protocol;

namespace Hubbub.Core.People;

/// <content>Profiles, pictures and blocks.</content>
public sealed partial class InMemoryPeople
{
    private readonly Dictionary<UserId, Shown> _profiles = [];
    private readonly Dictionary<UserId, Avatar> _avatars = [];
    private readonly Dictionary<UserId, SortedDictionary<string, DateTimeOffset>> _blocks = [];

    public ValueTask<Profile?> ProfileAsync(UserId user, CancellationToken ct)
    {
        lock (_lock)
            return ValueTask.FromResult(Profile_NeedsLock(user));
    }

    public ValueTask<IReadOnlyList<Profile>> ProfilesAsync(IReadOnlyList<UserId> users, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(users);
        lock (_lock)
            return ValueTask.FromResult<IReadOnlyList<Profile>>([.. users.Distinct().Select(Profile_NeedsLock).OfType<Profile>()]);
    }

    public ValueTask<bool> ChangeProfileAsync(User user, ProfileChange change, DateTimeOffset now, DateTimeOffset until, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentNullException.ThrowIfNull(change);
        lock (_lock)
        {
            if (change.Name is { } name)
            {
                if (_names.TryGetValue(AccountRules.KeyOf(name), out var owner) && owner != user.Id)
                    return ValueTask.FromResult(false);
                Rename_NeedsLock(user.Id, name);
                Amend_NeedsLock(user.Id, until, before => before with { Name = name });
            }

            var shown = Shown_NeedsLock(user, now);
            _profiles[user.Id] = shown with { Name = change.Name ?? shown.Name, Color = change.Color is null ? shown.Color : change.Color.Length == 0 ? null : change.Color };
            return ValueTask.FromResult(true);
        }
    }

    public ValueTask SeeAsync(IReadOnlyList<Sighting> sightings, DateTimeOffset forget, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(sightings);
        lock (_lock)
        {
            foreach (var (user, at, liveUntil) in sightings)
                _profiles[user.Id] = Shown_NeedsLock(user, at) with { Name = _amendments.GetValueOrDefault(user.Id)?.Name ?? user.Name, LiveUntil = liveUntil };
            foreach (var user in _profiles.Where(p => p.Value.LastSeen < forget && !_accounts.ContainsKey(p.Key)).Select(p => p.Key).ToList())
            {
                _profiles.Remove(user);
                _avatars.Remove(user);
                _blocks.Remove(user);
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask SetAvatarAsync(User user, Avatar? avatar, DateTimeOffset now, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(user);
        lock (_lock)
        {
            _profiles[user.Id] = Shown_NeedsLock(user, now);
            if (avatar is null)
                _avatars.Remove(user.Id);
            else
                _avatars[user.Id] = avatar;
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<Avatar?> AvatarAsync(string hash, CancellationToken ct)
    {
        lock (_lock)
            return ValueTask.FromResult(_avatars.Values.FirstOrDefault(a => a.Hash == hash));
    }

    public ValueTask<IReadOnlyList<Block>> BlocksAsync(UserId user, CancellationToken ct)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<Block>>(
                _blocks.TryGetValue(user, out var blocked) ? [.. blocked.Select(b => new Block(UserId.Parse(b.Key), b.Value))] : []);
        }
    }

    public ValueTask<bool> BlockAsync(UserId user, UserId blocked, DateTimeOffset now, CancellationToken ct)
    {
        lock (_lock)
        {
            if (!_blocks.TryGetValue(user, out var known))
                _blocks.Add(user, known = new SortedDictionary<string, DateTimeOffset>(StringComparer.Ordinal));
            return ValueTask.FromResult(known.ContainsKey(blocked.Value) || (known.Count < AccountRules.MaxBlocks && known.TryAdd(blocked.Value, now)));
        }
    }

    public ValueTask UnblockAsync(UserId user, UserId blocked, CancellationToken ct)
    {
        lock (_lock)
            _blocks.GetValueOrDefault(user)?.Remove(blocked.Value);
        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> IsBlockedAsync(UserId user, IReadOnlyList<UserId> others, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(others);
        lock (_lock)
            return ValueTask.FromResult(others.Any(other => Has(user, other) || Has(other, user)));

        bool Has(UserId who, UserId whom) => _blocks.TryGetValue(who, out var known) && known.ContainsKey(whom.Value);
    }

    /// <summary>An account's new name is nobody else's, and the old one is free again, unless it is the handle too.</summary>
    private void Rename_NeedsLock(UserId user, string name)
    {
        if (_accounts.GetValueOrDefault(user) is not { } account)
            return;
        if (AccountRules.KeyOf(account.User.Name) is var old && old != AccountRules.KeyOf(account.Handle))
            _names.Remove(old);
        _names[AccountRules.KeyOf(name)] = user;
        _accounts[user] = account with { User = account.User with { Name = name } };
    }

    private Profile? Profile_NeedsLock(UserId user)
    {
        var account = _accounts.GetValueOrDefault(user);
        var shown = _profiles.GetValueOrDefault(user);
        return account is null && shown is null
            ? null
            : new Profile(
                account?.User ?? new User(user, shown!.Name), account is not null, shown?.Color, _avatars.GetValueOrDefault(user)?.Hash,
                shown?.LastSeen ?? account!.CreatedAt, shown?.LiveUntil ?? account!.CreatedAt);
    }

    private Shown Shown_NeedsLock(User user, DateTimeOffset seen)
    {
        var known = _profiles.GetValueOrDefault(user.Id) ?? new Shown(user.Name, null, seen, seen);
        return known.LastSeen >= seen ? known : known with { LastSeen = seen };
    }

    private sealed record Shown(string Name, string? Color, DateTimeOffset LastSeen, DateTimeOffset LiveUntil);
}
