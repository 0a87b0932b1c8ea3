using Hubbub.Core.People;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres.Driver;
using Npgsql;

namespace Hubbub.Stores.Postgres.People;

/// <summary>The questions about people.</summary>
internal static class PeopleReader
{
    private const string AccountColumns = "account.user_id, account.name, account.handle, account.password_hash, account.generation, account.created_at";

    private const string ProfileQuery = """
        SELECT coalesce(account.name, profile.name), account.user_id IS NOT NULL, profile.color, avatar.hash,
            coalesce(profile.last_seen, account.created_at), coalesce(profile.live_until, account.created_at), person.id
        FROM (SELECT DISTINCT unnest($1) AS id) person
        LEFT JOIN hubbub.accounts account ON account.user_id = person.id
        LEFT JOIN hubbub.profiles profile ON profile.user_id = person.id
        LEFT JOIN hubbub.avatars avatar ON avatar.user_id = person.id
        WHERE account.user_id IS NOT NULL OR profile.user_id IS NOT NULL
        """;

    public static Task<Account?> AccountAsync(NpgsqlConnection connection, UserId user) => connection
        .Command($"SELECT {AccountColumns} FROM hubbub.accounts account WHERE account.user_id = $1").With(user.Value).OneAsync<Account?>(ReadAccount);

    public static Task<Account?> AccountByNameAsync(NpgsqlConnection connection, string key) => connection
        .Command($"SELECT {AccountColumns} FROM hubbub.account_names name JOIN hubbub.accounts account ON account.user_id = name.user_id WHERE name.key = $1")
        .With(key).OneAsync<Account?>(ReadAccount);

    public static Task<Account?> AccountByIdentityAsync(NpgsqlConnection connection, OutsideIdentity identity) => connection
        .Command($"SELECT {AccountColumns} FROM hubbub.identities identity JOIN hubbub.accounts account ON account.user_id = identity.user_id WHERE identity.issuer = $1 AND identity.subject = $2")
        .With(identity.Issuer).With(identity.Subject).OneAsync<Account?>(ReadAccount);

    public static Task<List<Amendment>> AmendmentsAsync(NpgsqlConnection connection, long after, int limit) => connection
        .Command("SELECT number, user_id, generation, name, expires_at FROM hubbub.amendments WHERE number > $1 ORDER BY number LIMIT $2").With(after).With(limit)
        .ManyAsync(rows => new Amendment(
            rows.GetInt64(0), UserId.Parse(rows.GetString(1)), rows.GetInt64(2), rows.TextOrNull(3), DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(4))));

    public static Task<Profile?> ProfileAsync(NpgsqlConnection connection, UserId user) => connection.Command(ProfileQuery)
        .With([user.Value], NpgsqlTypes.NpgsqlDbType.Text).OneAsync<Profile?>(ReadProfile);

    public static Task<List<Profile>> ProfilesAsync(NpgsqlConnection connection, IReadOnlyList<UserId> users) => connection.Command(ProfileQuery)
        .With([.. users.Select(u => u.Value)], NpgsqlTypes.NpgsqlDbType.Text).ManyAsync(ReadProfile);

    public static Task<Avatar?> AvatarAsync(NpgsqlConnection connection, string hash) => connection
        .Command("SELECT hash, media_type, bytes FROM hubbub.avatars WHERE hash = $1 LIMIT 1").With(hash)
        .OneAsync<Avatar?>(rows => new Avatar(rows.GetString(0), rows.GetString(1), rows.GetFieldValue<byte[]>(2)));

    public static Task<List<Block>> BlocksAsync(NpgsqlConnection connection, UserId user) => connection
        .Command("SELECT blocked_id, since FROM hubbub.blocks WHERE user_id = $1 ORDER BY blocked_id").With(user.Value)
        .ManyAsync(rows => new Block(UserId.Parse(rows.GetString(0)), Time(rows.GetInt64(1))));

    public static Task<bool> IsBlockedAsync(NpgsqlConnection connection, UserId user, IReadOnlyList<UserId> others) => connection
        .Command("SELECT EXISTS (SELECT 1 FROM hubbub.blocks WHERE (user_id = $1 AND blocked_id = ANY ($2)) OR (blocked_id = $1 AND user_id = ANY ($2)))")
        .With(user.Value).With([.. others.Select(o => o.Value)], NpgsqlTypes.NpgsqlDbType.Text).OneAsync(rows => rows.GetBoolean(0));

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private static Profile ReadProfile(NpgsqlDataReader rows) => new(
        new User(UserId.Parse(rows.GetString(6)), rows.GetString(0)), rows.GetBoolean(1), rows.TextOrNull(2), rows.TextOrNull(3), Time(rows.GetInt64(4)), Time(rows.GetInt64(5)));

    private static Account ReadAccount(NpgsqlDataReader rows) => new(
        new User(UserId.Parse(rows.GetString(0)), rows.GetString(1)), rows.TextOrNull(2), rows.GetString(3), rows.GetInt64(4),
        DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(5)));
}
