using Hubbub.Core.People;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres.Driver;
using Npgsql;
using NpgsqlTypes;

namespace Hubbub.Stores.Postgres.People;

/// <summary>What is written about profiles, pictures and blocks, a statement and so a transaction each.</summary>
internal static class ProfileWriter
{
    // Null is what stays as it is, the empty text what is taken away.
    private const string ChangeStatement = """
        INSERT INTO hubbub.profiles AS profile (user_id, name, color, last_seen, live_until) VALUES ($1, coalesce($2, $3), nullif($4, ''), $5, $5)
        ON CONFLICT (user_id) DO UPDATE SET
            name = coalesce($2, profile.name), color = CASE WHEN $4 IS NULL THEN profile.color ELSE excluded.color END,
            last_seen = greatest(profile.last_seen, excluded.last_seen)
        """;

    // By the name that a change has given them since the token was made, if there was one. By user id, so that two nodes that see the same people lock their rows in one order.
    private const string SeeStatement = """
        INSERT INTO hubbub.profiles AS profile (user_id, name, last_seen, live_until)
        SELECT seen.user_id, coalesce(amendment.name, seen.name), seen.last_seen, seen.live_until
        FROM unnest($1, $2, $3, $4) AS seen (user_id, name, last_seen, live_until)
        LEFT JOIN hubbub.amendments amendment ON amendment.user_id = seen.user_id
        ORDER BY seen.user_id COLLATE "C"
        ON CONFLICT (user_id) DO UPDATE SET
            name = excluded.name, last_seen = greatest(profile.last_seen, excluded.last_seen), live_until = excluded.live_until
        """;

    // A few at a time, and none that another node is forgetting or has just seen.
    private const string ForgetStatement = """
        WITH old AS (
            SELECT user_id FROM hubbub.profiles profile
            WHERE last_seen < $1 AND NOT EXISTS (SELECT 1 FROM hubbub.accounts account WHERE account.user_id = profile.user_id)
            ORDER BY last_seen LIMIT 50 FOR UPDATE SKIP LOCKED
        ), pictures AS (
            DELETE FROM hubbub.avatars avatar USING old WHERE avatar.user_id = old.user_id
        ), blocked AS (
            DELETE FROM hubbub.blocks block USING old WHERE block.user_id = old.user_id
        )
        DELETE FROM hubbub.profiles profile USING old WHERE profile.user_id = old.user_id
        """;

    private const string SetAvatarStatement = """
        INSERT INTO hubbub.avatars (user_id, hash, media_type, bytes) VALUES ($1, $2, $3, $4)
        ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, media_type = excluded.media_type, bytes = excluded.bytes
        """;

    private const string BlockStatement = """
        INSERT INTO hubbub.blocks (user_id, blocked_id, since)
        SELECT $1, $2, $3 WHERE (SELECT count(*) FROM hubbub.blocks WHERE user_id = $1 AND blocked_id <> $2) < $4
        ON CONFLICT (user_id, blocked_id) DO UPDATE SET since = hubbub.blocks.since
        """;

    public static async Task<bool> ChangeAsync(NpgsqlConnection connection, User user, ProfileChange change, DateTimeOffset now)
    {
        await connection.Command(ChangeStatement).With(user.Id.Value).With<string?>(change.Name).With(user.Name).With<string?>(change.Color)
            .With(now.ToUnixTimeMilliseconds()).RunAsync();
        return true;
    }

    public static async Task<bool> SeeAsync(NpgsqlConnection connection, IReadOnlyList<Sighting> sightings, DateTimeOffset forget)
    {
        await connection.Command(SeeStatement)
            .With([.. sightings.Select(s => s.User.Id.Value)], NpgsqlDbType.Text).With([.. sightings.Select(s => s.User.Name)], NpgsqlDbType.Text)
            .With([.. sightings.Select(s => s.At.ToUnixTimeMilliseconds())], NpgsqlDbType.Bigint)
            .With([.. sightings.Select(s => s.LiveUntil.ToUnixTimeMilliseconds())], NpgsqlDbType.Bigint)
            .RunAsync();
        await connection.Command(ForgetStatement).With(forget.ToUnixTimeMilliseconds()).RunAsync();
        return true;
    }

    public static async Task<bool> SetAvatarAsync(NpgsqlConnection connection, User user, Avatar? avatar, DateTimeOffset now)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        await ChangeAsync(connection, user, new ProfileChange(), now);
        if (avatar is null)
            await connection.Command("DELETE FROM hubbub.avatars WHERE user_id = $1").With(user.Id.Value).RunAsync();
        else
            await connection.Command(SetAvatarStatement).With(user.Id.Value).With(avatar.Hash).With(avatar.MediaType).With(avatar.Bytes.ToArray()).RunAsync();
        await transaction.CommitAsync();
        return true;
    }

    public static async Task<bool> BlockAsync(NpgsqlConnection connection, UserId user, UserId blocked, DateTimeOffset now) => await connection
        .Command(BlockStatement).With(user.Value).With(blocked.Value).With(now.ToUnixTimeMilliseconds()).With(AccountRules.MaxBlocks).RunAsync() == 1;

    public static Task<int> UnblockAsync(NpgsqlConnection connection, UserId user, UserId blocked) => connection
        .Command("DELETE FROM hubbub.blocks WHERE user_id = $1 AND blocked_id = $2").With(user.Value).With(blocked.Value).RunAsync();
}
