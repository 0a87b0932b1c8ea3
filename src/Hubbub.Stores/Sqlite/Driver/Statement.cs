using System.Buffers;
using System.Text;
using SQLitePCL;

namespace Hubbub.Stores.Sqlite.Driver;

/// <summary>A prepared statement: set its parameters (from 1), then <see cref="Run"/> it or walk its <see cref="Rows"/>. Reused without limit.</summary>
internal sealed class Statement(Database database, sqlite3_stmt handle) : IDisposable
{
    /// <summary>Texts up to this many bytes are encoded on the stack.</summary>
    private const int SmallText = 512;

    public Statement Set(int parameter, long value)
    {
        database.Check(raw.sqlite3_bind_int64(handle, parameter, value));
        return this;
    }

    public Statement Set(int parameter, long? value)
    {
        if (value is { } known)
            return Set(parameter, known);
        database.Check(raw.sqlite3_bind_null(handle, parameter));
        return this;
    }

    public Statement Set(int parameter, string? value)
    {
        if (value is null)
        {
            database.Check(raw.sqlite3_bind_null(handle, parameter));
            return this;
        }

        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        var rented = most > SmallText ? ArrayPool<byte>.Shared.Rent(most) : null;
        Span<byte> buffer = rented ?? stackalloc byte[SmallText];
        var length = Encoding.UTF8.GetBytes(value, buffer);

        // An empty span would become NULL; SQLite copies the bytes before the call returns.
        database.Check(length == 0
            ? raw.sqlite3_bind_text(handle, parameter, "")
            : raw.sqlite3_bind_text(handle, parameter, buffer[..length]));
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return this;
    }

    public Statement SetBytes(int parameter, ReadOnlySpan<byte> bytes)
    {
        database.Check(bytes.IsEmpty ? raw.sqlite3_bind_zeroblob(handle, parameter, 0) : raw.sqlite3_bind_blob(handle, parameter, bytes));
        return this;
    }

    /// <summary>Runs a statement whose rows are of no interest, and returns how many rows it changed.</summary>
    public int Run()
    {
        using var rows = Rows();
        while (rows.Next())
        {
        }

        return database.Changes;
    }

    public RowReader Rows() => new(database, handle);

    public void Dispose() => handle.Dispose();

    /// <summary>The rows of one execution. Disposing it ends the execution, and with it the read transaction, which keeps the WAL from reuse.</summary>
    internal readonly ref struct RowReader(Database database, sqlite3_stmt handle)
    {
        public bool Next()
        {
            var code = raw.sqlite3_step(handle);
            if (code == raw.SQLITE_ROW)
                return true;
            if (code != raw.SQLITE_DONE)
                database.Check(code);
            return false;
        }

        public bool IsNull(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL;

        public long Number(int column) => raw.sqlite3_column_int64(handle, column);

        public long? NumberOrNull(int column) => IsNull(column) ? null : Number(column);

        public string Text(int column) => Encoding.UTF8.GetString(Utf8(column));

        public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

        /// <summary>The bytes of a text or blob, valid until the next row.</summary>
        public ReadOnlySpan<byte> Utf8(int column) => raw.sqlite3_column_blob(handle, column);

        // The code that reset repeats is the one that Next has thrown already.
        public void Dispose() => _ = raw.sqlite3_reset(handle);
    }
}
