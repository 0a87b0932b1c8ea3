using Hubbub.Core.People;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite.Driver;

namespace Hubbub.Stores.Sqlite.People;

/// <summary>What is written about people, inside the writer's transaction. Used by the writer's thread alone.</summary>
internal sealed class PeopleWriter(Database database, TimeProvider time)
{
    private readonly Statement _hasAccount = database.Prepare("SELECT 1 FROM accounts WHERE user_id = ?1");

    private readonly Statement _isKnown = database.Prepare("SELECT 1 FROM identities WHERE issuer = ?1 AND subject = ?2");

    private readonly Statement _know = database.Prepare("INSERT INTO identities (issuer, subject, user_id) VALUES (?1, ?2, ?3)");

    private readonly Statement _isTaken = database.Prepare("SELECT 1 FROM account_names WHERE key = ?1 AND user_id <> ?2");

    private readonly Statement _claim = database.Prepare("INSERT INTO account_names (key, user_id) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING");

    private readonly Statement _create = database.Prepare("""
        INSERT INTO accounts (user_id, name, handle, password_hash, generation, created_at)
        VALUES (?1, ?2, ?3, ?4, coalesce((SELECT generation FROM amendments WHERE user_id = ?1), 0), ?5)
        """);

    private readonly Statement _changePassword = database.Prepare("UPDATE accounts SET password_hash = ?3 WHERE user_id = ?1 AND password_hash = ?2");

    private readonly Statement _generation = database.Prepare("""
        SELECT coalesce((SELECT generation FROM accounts WHERE user_id = ?1), (SELECT generation FROM amendments WHERE user_id = ?1), 0)
        """);

    private readonly Statement _setGeneration = database.Prepare("UPDATE accounts SET generation = ?2 WHERE user_id = ?1");

    private readonly Statement _amendment = database.Prepare("SELECT generation, name, expires_at FROM amendments WHERE user_id = ?1");

    private readonly Statement _dropAmendment = database.Prepare("DELETE FROM amendments WHERE user_id = ?1");

    private readonly Statement _amend = database.Prepare("INSERT INTO amendments (user_id, generation, name, expires_at) VALUES (?1, ?2, ?3, ?4)");

    private readonly Statement _forget = database.Prepare("DELETE FROM amendments WHERE expires_at < ?1");

    private readonly Statement _account = database.Prepare("SELECT name, handle FROM accounts WHERE user_id = ?1");

    private readonly Statement _release = database.Prepare("DELETE FROM account_names WHERE key = ?1 AND user_id = ?2");

    private readonly Statement _rename = database.Prepare("UPDATE accounts SET name = ?2 WHERE user_id = ?1");

    public ProfileWriter Profiles { get; } = new(database);

    public Registration Create(Account account, OutsideIdentity? identity)
    {
        var id = account.User.Id.Value;
        if (Exists(_hasAccount.Set(1, id)) || (identity is not null && Exists(_isKnown.Set(1, identity.Issuer).Set(2, identity.Subject))))
            return Registration.HasAccount;
        string[] keys = account.Handle is { } handle ? [AccountRules.KeyOf(account.User.Name), AccountRules.KeyOf(handle)] : [AccountRules.KeyOf(account.User.Name)];
        foreach (var key in keys)
        {
            if (Exists(_isTaken.Set(1, key).Set(2, id)))
                return Registration.NameTaken;
        }

        foreach (var key in keys)
            _claim.Set(1, key).Set(2, id).Run();
        _create.Set(1, id).Set(2, account.User.Name).Set(3, account.Handle).Set(4, account.PasswordHash).Set(5, account.CreatedAt.ToUnixTimeMilliseconds()).Run();
        if (identity is not null)
            _know.Set(1, identity.Issuer).Set(2, identity.Subject).Set(3, id).Run();
        return Registration.Created;
    }

    /// <returns>The new generation; 0 if another password stands there.</returns>
    public long ChangePassword(UserId user, string from, string to, DateTimeOffset until) =>
        _changePassword.Set(1, user.Value).Set(2, from).Set(3, to).Run() == 1 ? SignOut(user, until) : 0;

    public long SignOut(UserId user, DateTimeOffset until)
    {
        long generation;
        using (var rows = _generation.Set(1, user.Value).Rows())
            generation = (rows.Next() ? rows.Number(0) : 0) + 1;
        _setGeneration.Set(1, user.Value).Set(2, generation).Run();
        Amend(user, until, (_, name) => (generation, name));
        return generation;
    }

    /// <returns>False if the new name is another account's.</returns>
    public bool ChangeProfile(User user, ProfileChange change, DateTimeOffset now, DateTimeOffset until)
    {
        if (change.Name is { } name)
        {
            if (Exists(_isTaken.Set(1, AccountRules.KeyOf(name)).Set(2, user.Id.Value)))
                return false;
            Rename(user.Id.Value, name);
            Amend(user.Id, until, (generation, _) => (generation, name));
        }

        Profiles.Change(user, change, now);
        return true;
    }

    /// <summary>An account's new name is nobody else's, and the old one is free again, unless it is the handle too.</summary>
    private void Rename(string user, string name)
    {
        string? old = null;
        string? handle = null;
        using (var rows = _account.Set(1, user).Rows())
        {
            if (rows.Next())
                (old, handle) = (rows.Text(0), rows.TextOrNull(1));
        }

        if (old is null)
            return;
        if (AccountRules.KeyOf(old) != AccountRules.KeyOf(handle))
            _release.Set(1, AccountRules.KeyOf(old)).Set(2, user).Run();
        _claim.Set(1, AccountRules.KeyOf(name)).Set(2, user).Run();
        _rename.Set(1, user).Set(2, name).Run();
    }

    /// <summary>Under a new number, for as long as the longer of what it was kept for and what it is now.</summary>
    private void Amend(UserId user, DateTimeOffset until, Func<long, string?, (long Generation, string? Name)> change)
    {
        _forget.Set(1, time.GetUtcNow().ToUnixTimeMilliseconds()).Run();
        (long Generation, string? Name, long Until) known = (0, null, 0);
        using (var rows = _amendment.Set(1, user.Value).Rows())
        {
            if (rows.Next())
                known = (rows.Number(0), rows.TextOrNull(1), rows.Number(2));
        }

        var (generation, name) = change(known.Generation, known.Name);
        _dropAmendment.Set(1, user.Value).Run();
        _amend.Set(1, user.Value).Set(2, generation).Set(3, name).Set(4, Math.Max(known.Until, until.ToUnixTimeMilliseconds())).Run();
    }

    private static bool Exists(Statement statement)
    {
        using var rows = statement.Rows();
        return rows.Next();
    }
}
