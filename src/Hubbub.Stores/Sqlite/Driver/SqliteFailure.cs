using SQLitePCL;

namespace Hubbub.Stores.Sqlite.Driver;

/// <summary>SQLite said no. Never leaves the adapter: <see cref="Sentences"/> makes a <see cref="Core.Log.StoreException"/> of it.</summary>
/// <param name="extendedCode">An extended result code, https://www.sqlite.org/rescode.html.</param>
/// <param name="message">SQLite's own words.</param>
internal sealed class SqliteFailure(int extendedCode, string message) : Exception($"{message} (SQLite code {extendedCode})")
{
    public int ExtendedCode => extendedCode;

    public int Code => extendedCode & 0xff;

    /// <summary>The statement broke a uniqueness rule: the caller's draft is at fault, the store is well.</summary>
    public bool IsConstraint => Code == raw.SQLITE_CONSTRAINT;

    /// <summary>The connection is as good as before: it was refused space or a lock, and nothing went wrong inside it.</summary>
    public bool LeavesConnectionSound => Code is raw.SQLITE_FULL or raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_CONSTRAINT;
}
