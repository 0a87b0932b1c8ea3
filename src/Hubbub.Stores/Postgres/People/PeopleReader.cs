using Hubbub.Core.People;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres.Driver;
using Npgsql;

namespace Hubbub.Stores.Postgres.People;

/// <summary>The questions about people.</summary>
internal static class PeopleReader
{
    private const string AccountColumns = "account.user_id, account.name, account.handle, account.password_hash, account.generation, account.created_at";

    public static Task<Account?> AccountAsync(NpgsqlConnection connection, UserId user) => connection
        .Command($"SELECT {AccountColumns} FROM hubbub.accounts account WHERE account.user_id = $1").With(user.Value).OneAsync<Account?>(ReadAccount);

    public static Task<Account?> AccountByNameAsync(NpgsqlConnection connection, string key) => connection
        .Command($"SELECT {AccountColumns} FROM hubbub.account_names name JOIN hubbub.accounts account ON account.user_id = name.user_id WHERE name.key = $1")
        .With(key).OneAsync<Account?>(ReadAccount);

    public static Task<List<Amendment>> AmendmentsAsync(NpgsqlConnection connection, long after, int limit) => connection
        .Command("SELECT number, user_id, generation, name, expires_at FROM hubbub.amendments WHERE number > $1 ORDER BY number LIMIT $2").With(after).With(limit)
        .ManyAsync(rows => new Amendment(
            rows.GetInt64(0), UserId.Parse(rows.GetString(1)), rows.GetInt64(2), rows.TextOrNull(3), DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(4))));

    private static Account ReadAccount(NpgsqlDataReader rows) => new(
        new User(UserId.Parse(rows.GetString(0)), rows.GetString(1)), rows.TextOrNull(2), rows.GetString(3), rows.GetInt64(4),
        DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(5)));
}
