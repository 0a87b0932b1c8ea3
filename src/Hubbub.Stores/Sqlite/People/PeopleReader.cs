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

    private readonly Statement _amendments = database.Prepare("""
        SELECT number, user_id, generation, name, expires_at FROM amendments WHERE number > ?1 ORDER BY number LIMIT ?2
        """);

    public Account? Account(UserId user) => ReadAccount(_account.Set(1, user.Value));

    public Account? AccountByName(string key) => ReadAccount(_accountByName.Set(1, key));

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
