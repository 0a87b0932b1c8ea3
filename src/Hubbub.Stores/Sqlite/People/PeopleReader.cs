using Hubbub.Core.People;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite.Driver;

namespace Hubbub.Stores.Sqlite.People;

/// <summary>The questions about people, on one read connection.</summary>
internal sealed class PeopleReader(Database database)
{
    private const string AccountColumns = "a.user_id, a.name, a.handle, a.password_hash, a.generation, a.created_at";

    private readonly Statement _account = database.Prepare($"SELECT {AccountColumns} FROM accounts a WHERE a.user_id = ?1");

    private readonly Statement _accountByName = database.Prepare($"""
        SELECT {AccountColumns} FROM account_names n JOIN accounts a ON a.user_id = n.user_id WHERE n.key = ?1
        """);

    private readonly Statement _accountByIdentity = database.Prepare($"""
        SELECT {AccountColumns} FROM identities i JOIN accounts a ON a.user_id = i.user_id WHERE i.issuer = ?1 AND i.subject = ?2
        """);

    private readonly Statement _amendments = database.Prepare("""
        SELECT number, user_id, generation, name, expires_at FROM amendments WHERE number > ?1 ORDER BY number LIMIT ?2
        """);

    private readonly Statement _profile = database.Prepare("""
        SELECT coalesce(a.name, p.name), a.user_id IS NOT NULL, p.color, v.hash, coalesce(p.last_seen, a.created_at), coalesce(p.live_until, a.created_at)
        FROM (SELECT ?1 AS id) u
        LEFT JOIN accounts a ON a.user_id = u.id
        LEFT JOIN profiles p ON p.user_id = u.id
        LEFT JOIN avatars v ON v.user_id = u.id
        WHERE a.user_id IS NOT NULL OR p.user_id IS NOT NULL
        """);

    private readonly Statement _avatar = database.Prepare("SELECT hash, media_type, bytes FROM avatars WHERE hash = ?1 LIMIT 1");

    private readonly Statement _blocks = database.Prepare("SELECT blocked_id, since FROM blocks WHERE user_id = ?1 ORDER BY blocked_id");

    private readonly Statement _isBlocked = database.Prepare("""
        SELECT 1 FROM blocks WHERE (user_id = ?1 AND blocked_id = ?2) OR (user_id = ?2 AND blocked_id = ?1)
        """);

    public Profile? Profile(UserId user)
    {
        using var rows = _profile.Set(1, user.Value).Rows();
        return rows.Next()
            ? new Profile(new User(user, rows.Text(0)), rows.Number(1) == 1, rows.TextOrNull(2), rows.TextOrNull(3), Time(rows.Number(4)), Time(rows.Number(5)))
            : null;
    }

    public Avatar? Avatar(string hash)
    {
        using var rows = _avatar.Set(1, hash).Rows();
        return rows.Next() ? new Avatar(rows.Text(0), rows.Text(1), rows.Utf8(2).ToArray()) : null;
    }

    public List<Block> Blocks(UserId user)
    {
        var blocks = new List<Block>();
        using var rows = _blocks.Set(1, user.Value).Rows();
        while (rows.Next())
            blocks.Add(new Block(UserId.Parse(rows.Text(0)), Time(rows.Number(1))));
        return blocks;
    }

    public bool IsBlocked(UserId user, IReadOnlyList<UserId> others)
    {
        foreach (var other in others)
        {
            using var rows = _isBlocked.Set(1, user.Value).Set(2, other.Value).Rows();
            if (rows.Next())
                return true;
        }

        return false;
    }

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    public Account? Account(UserId user) => ReadAccount(_account.Set(1, user.Value));

    public Account? AccountByName(string key) => ReadAccount(_accountByName.Set(1, key));

    public Account? AccountByIdentity(OutsideIdentity identity) => ReadAccount(_accountByIdentity.Set(1, identity.Issuer).Set(2, identity.Subject));

    public List<Amendment> Amendments(long after, int limit)
    {
        var amendments = new List<Amendment>();
        using var rows = _amendments.Set(1, after).Set(2, limit).Rows();
        while (rows.Next())
            amendments.Add(new Amendment(rows.Number(0), UserId.Parse(rows.Text(1)), rows.Number(2), rows.TextOrNull(3), DateTimeOffset.FromUnixTimeMilliseconds(rows.Number(4))));
        return amendments;
    }

    private static Account? ReadAccount(Statement statement)
    {
        using var rows = statement.Rows();
        return rows.Next()
            ? new Account(
                new User(UserId.Parse(rows.Text(0)), rows.Text(1)), rows.TextOrNull(2), rows.Text(3), rows.Number(4), DateTimeOffset.FromUnixTimeMilliseconds(rows.Number(5)))
            : null;
    }
}
