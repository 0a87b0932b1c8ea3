using Hubbub.Core.People;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres.Driver;
using Npgsql;

namespace Hubbub.Stores.Postgres.People;

/// <summary>What is written about people, a transaction each. They lock nothing that an append locks.</summary>
internal static class PeopleWriter
{
    /// <summary>'HubP': the number of the advisory lock that orders amendments.</summary>
    private const long Lock = 0x48756250;

    private const string CreateStatement = """
        INSERT INTO hubbub.accounts (user_id, name, handle, password_hash, generation, created_at)
        VALUES ($1, $2, $3, $4, coalesce((SELECT generation FROM hubbub.amendments WHERE user_id = $1), 0), $5)
        ON CONFLICT (user_id) DO NOTHING
        """;

    private const string GenerationQuery = """
        SELECT coalesce((SELECT generation FROM hubbub.accounts WHERE user_id = $1), (SELECT generation FROM hubbub.amendments WHERE user_id = $1), 0)
        """;

    // One statement that deletes and inserts would meet its own row in the unique index; two are in one transaction.
    private const string AmendStatement = "INSERT INTO hubbub.amendments (user_id, generation, name, expires_at) VALUES ($1, $2, $3, $4)";

    public static async Task<Registration> CreateAsync(NpgsqlConnection connection, Account account, OutsideIdentity? identity)
    {
        await using var transaction = await connection.BeginTransactionAsync();

        // A guest who signs out everywhere meanwhile: their generation must not be missed.
        await LockAsync(connection);
        var id = account.User.Id.Value;
        var made = await connection.Command(CreateStatement).With(id).With(account.User.Name).With<string?>(account.Handle)
            .With(account.PasswordHash).With(account.CreatedAt.ToUnixTimeMilliseconds()).RunAsync();
        if (made == 0)
            return Registration.HasAccount;
        string[] keys = account.Handle is { } handle ? [AccountRules.KeyOf(account.User.Name), AccountRules.KeyOf(handle)] : [AccountRules.KeyOf(account.User.Name)];
        foreach (var key in keys.Distinct())
        {
            if (await connection.Command("INSERT INTO hubbub.account_names (key, user_id) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING").With(key).With(id).RunAsync() == 0)
                return Registration.NameTaken;
        }

        if (identity is not null
            && await connection.Command("INSERT INTO hubbub.identities (issuer, subject, user_id) VALUES ($1, $2, $3) ON CONFLICT (issuer, subject) DO NOTHING")
                .With(identity.Issuer).With(identity.Subject).With(id).RunAsync() == 0)
        {
            return Registration.HasAccount;
        }

        await transaction.CommitAsync();
        return Registration.Created;
    }

    public static async Task<long?> ChangePasswordAsync(NpgsqlConnection connection, UserId user, string from, string to, DateTimeOffset until, DateTimeOffset now)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        await LockAsync(connection);
        var changed = await connection.Command("UPDATE hubbub.accounts SET password_hash = $3 WHERE user_id = $1 AND password_hash = $2")
            .With(user.Value).With(from).With(to).RunAsync();
        if (changed == 0)
            return null;
        var generation = await EndTokensAsync(connection, user, until, now);
        await transaction.CommitAsync();
        return generation;
    }

    public static async Task<long> SignOutAsync(NpgsqlConnection connection, UserId user, DateTimeOffset until, DateTimeOffset now)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        await LockAsync(connection);
        var generation = await EndTokensAsync(connection, user, until, now);
        await transaction.CommitAsync();
        return generation;
    }

    /// <returns>False if the new name is another account's.</returns>
    public static async Task<bool> ChangeProfileAsync(NpgsqlConnection connection, User user, ProfileChange change, DateTimeOffset now, DateTimeOffset until)
    {
        if (change.Name is not { } name)
            return await ProfileWriter.ChangeAsync(connection, user, change, now);
        await using var transaction = await connection.BeginTransactionAsync();
        await LockAsync(connection);
        var taken = await connection.Command("SELECT true FROM hubbub.account_names WHERE key = $1 AND user_id <> $2").With(AccountRules.KeyOf(name)).With(user.Id.Value)
            .OneAsync(rows => rows.GetBoolean(0));
        if (taken)
            return false;
        await RenameAsync(connection, user.Id.Value, name);
        await AmendAsync(connection, user.Id, until, now, (generation, _) => (generation, name));
        await ProfileWriter.ChangeAsync(connection, user, change, now);
        await transaction.CommitAsync();
        return true;
    }

    /// <summary>An account's new name is nobody else's, and the old one is free again, unless it is the handle too. The lock is held.</summary>
    private static async Task RenameAsync(NpgsqlConnection connection, string user, string name)
    {
        var (old, handle) = await connection.Command("SELECT name, handle FROM hubbub.accounts WHERE user_id = $1").With(user)
            .OneAsync(rows => (rows.GetString(0), rows.TextOrNull(1)));
        if (old is null)
            return;
        if (AccountRules.KeyOf(old) != AccountRules.KeyOf(handle))
            await connection.Command("DELETE FROM hubbub.account_names WHERE key = $1 AND user_id = $2").With(AccountRules.KeyOf(old)).With(user).RunAsync();
        await connection.Command("INSERT INTO hubbub.account_names (key, user_id) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING").With(AccountRules.KeyOf(name)).With(user).RunAsync();
        await connection.Command("UPDATE hubbub.accounts SET name = $2 WHERE user_id = $1").With(user).With(name).RunAsync();
    }

    private static async Task<long> EndTokensAsync(NpgsqlConnection connection, UserId user, DateTimeOffset until, DateTimeOffset now)
    {
        var generation = await connection.Command(GenerationQuery).With(user.Value).OneAsync(rows => rows.GetInt64(0)) + 1;
        await connection.Command("UPDATE hubbub.accounts SET generation = $2 WHERE user_id = $1").With(user.Value).With(generation).RunAsync();
        await AmendAsync(connection, user, until, now, (_, name) => (generation, name));
        return generation;
    }

    /// <summary>Under a new number, for as long as the longer of what it was kept for and what it is now. The lock is held.</summary>
    private static async Task AmendAsync(
        NpgsqlConnection connection, UserId user, DateTimeOffset until, DateTimeOffset now, Func<long, string?, (long Generation, string? Name)> change)
    {
        await connection.Command("DELETE FROM hubbub.amendments WHERE expires_at < $1").With(now.ToUnixTimeMilliseconds()).RunAsync();
        var (known, knownName, knownUntil) = await connection.Command("DELETE FROM hubbub.amendments WHERE user_id = $1 RETURNING generation, name, expires_at").With(user.Value)
            .OneAsync(rows => (rows.GetInt64(0), rows.TextOrNull(1), rows.GetInt64(2)));
        var (generation, name) = change(known, knownName);
        await connection.Command(AmendStatement).With(user.Value).With(generation).With<string?>(name)
            .With(Math.Max(knownUntil, until.ToUnixTimeMilliseconds())).RunAsync();
    }

    private static Task<bool> LockAsync(NpgsqlConnection connection) => connection.Command($"SELECT pg_advisory_xact_lock({Lock})").OneAsync(_ => true);
}
