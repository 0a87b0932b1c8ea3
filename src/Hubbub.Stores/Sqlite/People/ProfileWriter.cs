using Hubbub.Core.People;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite.Driver;

namespace Hubbub.Stores.Sqlite.People;

/// <summary>What is written about profiles, pictures and blocks, inside the writer's transaction. Used by the writer's thread alone.</summary>
internal sealed class ProfileWriter(Database database)
{
    /// <summary>Forgotten at a time, so that no write takes long.</summary>
    private const string Forgotten = """
        SELECT user_id FROM profiles p WHERE last_seen < ?1 AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.user_id = p.user_id) ORDER BY last_seen LIMIT 50
        """;

    // Null is what stays as it is, the empty text what is taken away.
    private readonly Statement _change = database.Prepare("""
        INSERT INTO profiles (user_id, name, color, last_seen, live_until) VALUES (?1, coalesce(?2, ?3), nullif(?4, ''), ?5, ?5)
        ON CONFLICT (user_id) DO UPDATE SET
            name = coalesce(?2, name), color = CASE WHEN ?4 IS NULL THEN color ELSE excluded.color END, last_seen = max(last_seen, excluded.last_seen)
        """);

    // By the name that a change has given them since the token was made, if there was one.
    private readonly Statement _see = database.Prepare("""
        INSERT INTO profiles (user_id, name, last_seen, live_until)
        VALUES (?1, coalesce((SELECT a.name FROM amendments a WHERE a.user_id = ?1), ?2), ?3, ?4)
        ON CONFLICT (user_id) DO UPDATE SET name = excluded.name, last_seen = max(last_seen, excluded.last_seen), live_until = excluded.live_until
        """);

    private readonly Statement _forgetAvatars = database.Prepare($"DELETE FROM avatars WHERE user_id IN ({Forgotten})");

    private readonly Statement _forgetBlocks = database.Prepare($"DELETE FROM blocks WHERE user_id IN ({Forgotten})");

    private readonly Statement _forgetProfiles = database.Prepare($"DELETE FROM profiles WHERE user_id IN ({Forgotten})");

    private readonly Statement _setAvatar = database.Prepare("""
        INSERT INTO avatars (user_id, hash, media_type, bytes) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, media_type = excluded.media_type, bytes = excluded.bytes
        """);

    private readonly Statement _dropAvatar = database.Prepare("DELETE FROM avatars WHERE user_id = ?1");

    private readonly Statement _block = database.Prepare("""
        INSERT INTO blocks (user_id, blocked_id, since) SELECT ?1, ?2, ?3 WHERE (SELECT count(*) FROM blocks WHERE user_id = ?1) < ?4
        ON CONFLICT (user_id, blocked_id) DO NOTHING
        """);

    private readonly Statement _isBlocked = database.Prepare("SELECT 1 FROM blocks WHERE user_id = ?1 AND blocked_id = ?2");

    private readonly Statement _unblock = database.Prepare("DELETE FROM blocks WHERE user_id = ?1 AND blocked_id = ?2");

    public void Change(User user, ProfileChange change, DateTimeOffset now) => _change
        .Set(1, user.Id.Value).Set(2, change.Name).Set(3, user.Name).Set(4, change.Color).Set(5, now.ToUnixTimeMilliseconds()).Run();

    public void See(IReadOnlyList<Sighting> sightings, DateTimeOffset forget)
    {
        foreach (var (user, at, liveUntil) in sightings)
            _see.Set(1, user.Id.Value).Set(2, user.Name).Set(3, at.ToUnixTimeMilliseconds()).Set(4, liveUntil.ToUnixTimeMilliseconds()).Run();
        var before = forget.ToUnixTimeMilliseconds();
        _forgetAvatars.Set(1, before).Run();
        _forgetBlocks.Set(1, before).Run();
        _forgetProfiles.Set(1, before).Run();
    }

    public void SetAvatar(User user, Avatar? avatar, DateTimeOffset now)
    {
        Change(user, new ProfileChange(), now);
        if (avatar is null)
            _dropAvatar.Set(1, user.Id.Value).Run();
        else
            _setAvatar.Set(1, user.Id.Value).Set(2, avatar.Hash).Set(3, avatar.MediaType).SetBytes(4, avatar.Bytes.Span).Run();
    }

    public bool Block(UserId user, UserId blocked, DateTimeOffset now)
    {
        using (var known = _isBlocked.Set(1, user.Value).Set(2, blocked.Value).Rows())
        {
            if (known.Next())
                return true;
        }

        return _block.Set(1, user.Value).Set(2, blocked.Value).Set(3, now.ToUnixTimeMilliseconds()).Set(4, AccountRules.MaxBlocks).Run() == 1;
    }

    public bool Unblock(UserId user, UserId blocked) => _unblock.Set(1, user.Value).Set(2, blocked.Value).Run() == 1;
}
