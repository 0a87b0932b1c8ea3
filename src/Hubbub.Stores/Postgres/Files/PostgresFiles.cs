using Hubbub.Core.Files;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres.Driver;
using Npgsql;
using NpgsqlTypes;

namespace Hubbub.Stores.Postgres.Files;

/// <summary>
/// Files in pieces of 256 KiB, for all nodes that share a database: one statement a piece, so neither a slow client nor a large file holds a connection. The row is there before the first
/// piece and until after the last, so that no crash leaves pieces that nobody knows of. Made by <see cref="PostgresStore.Files"/>, and works as long as the store. Thread-safe.
/// </summary>
public sealed class PostgresFiles : IFiles
{
    private const string BeginStatement = """
        INSERT INTO hubbub.files (id, room_id, uploader, uploaded_at, thumbnail_of)
        SELECT $1, room.id, $3, $4, $5 FROM hubbub.rooms room
        WHERE room.id = $2 AND (SELECT count(*) FROM hubbub.files file WHERE file.uploader = $3 AND file.message IS NULL AND NOT file.gone) < $6
        """;

    private const string FindStatement = """
        SELECT id, uploader, name, type, size, width, height, thumbnail_of, message FROM hubbub.files
        WHERE room_id = $1 AND (id = ANY ($2) OR thumbnail_of = ANY ($2)) AND size IS NOT NULL AND NOT gone
        """;

    private const string CompleteStatement = """
        UPDATE hubbub.files file SET name = $2, type = $3, size = $4, width = $5, height = $6
        WHERE file.id = $1 AND NOT file.gone AND $4 + (
            SELECT coalesce(sum(other.size), 0) FROM hubbub.files other WHERE other.uploader = file.uploader AND other.message IS NULL AND NOT other.gone) <= $7
        """;

    private const string DropStatement = """
        WITH dropped AS (
            UPDATE hubbub.files SET gone = true
            WHERE id = $1 AND room_id = $2 AND uploader = $3 AND size IS NOT NULL AND message IS NULL AND NOT gone
            RETURNING id
        ), thumbnails AS (
            UPDATE hubbub.files thumbnail SET gone = true FROM dropped WHERE thumbnail.thumbnail_of = dropped.id AND thumbnail.message IS NULL
        )
        SELECT count(*) FROM dropped
        """;

    // What another node gives up or deletes just now is left to it.
    private const string ExpireStatement = """
        UPDATE hubbub.files SET gone = true WHERE id IN (
            SELECT id FROM hubbub.files WHERE message IS NULL AND NOT gone AND uploaded_at < $1 ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED)
        """;

    // Their pieces go with them. A few, as a piece is some 130 rows to PostgreSQL, and the call has its deadline.
    private const string DeleteStatement = """
        DELETE FROM hubbub.files WHERE id IN (SELECT id FROM hubbub.files WHERE gone ORDER BY id LIMIT 8 FOR UPDATE SKIP LOCKED)
        """;

    private readonly Calls _calls;

    internal PostgresFiles(Calls calls) => _calls = calls;

    public async ValueTask<IUpload?> BeginAsync(NewFile file, int most, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(file);
        var begun = await _calls.ChangeAsync(
            connection => connection.Command(BeginStatement).With(file.Id).With(file.Room.Value).With(file.Uploader.Value).With(file.At.ToUnixTimeMilliseconds())
                .WithTextOrNull(file.ThumbnailOf).With(most).RunAsync(),
            ct);
        return begun == 1 ? new Upload(_calls, file.Id) : null;
    }

    public async ValueTask<IReadOnlyList<StoredFile>> FindAsync(RoomId room, IReadOnlyList<string> ids, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return await _calls.AskAsync(
            connection => connection.Command(FindStatement).With(room.Value).With([.. ids], NpgsqlDbType.Text).ManyAsync(rows => new StoredFile(
                rows.GetString(0), room, UserId.Parse(rows.GetString(1)),
                new FileDescription(rows.GetString(2), rows.GetString(3), rows.GetInt64(4), IntegerOrNull(rows, 5), IntegerOrNull(rows, 6)),
                rows.TextOrNull(7), rows.NumberOrNull(8))),
            ct);
    }

    public ValueTask<Stream?> OpenAsync(StoredFile file, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(file);
        return ValueTask.FromResult<Stream?>(new PieceStream(_calls, file.Id, file.What.Size));
    }

    public async ValueTask<bool> DropAsync(RoomId room, string id, UserId uploader, CancellationToken ct) =>
        await _calls.ChangeAsync(connection => connection.Command(DropStatement).With(id).With(room.Value).With(uploader.Value).OneAsync(rows => rows.GetInt64(0)), ct) == 1;

    public async ValueTask<int> SweepAsync(DateTimeOffset before, CancellationToken ct)
    {
        await _calls.ChangeAsync(connection => connection.Command(ExpireStatement).With(before.ToUnixTimeMilliseconds()).RunAsync(), ct);
        return await _calls.ChangeAsync(connection => connection.Command(DeleteStatement).RunAsync(), ct);
    }

    private static int? IntegerOrNull(NpgsqlDataReader rows, int column) => rows.IsDBNull(column) ? null : rows.GetInt32(column);

    private sealed class Upload(Calls calls, string id) : IUpload
    {
        private readonly byte[] _piece = new byte[PieceStream.PieceBytes];
        private int _filled;
        private int _pieces;
        private bool _isKept;

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
        {
            while (!bytes.IsEmpty)
            {
                var taken = Math.Min(bytes.Length, _piece.Length - _filled);
                bytes[..taken].CopyTo(_piece.AsMemory(_filled));
                _filled += taken;
                bytes = bytes[taken..];
                if (_filled == _piece.Length)
                    await WritePieceAsync(ct);
            }
        }

        public async ValueTask<bool> CompleteAsync(FileDescription what, long mostBytes, CancellationToken ct)
        {
            ArgumentNullException.ThrowIfNull(what);
            try
            {
                if (_filled > 0)
                    await WritePieceAsync(ct);
            }
            catch (StoreException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.ForeignKeyViolation })
            {
                // It was swept while it came.
                return false;
            }

            var completed = await calls.ChangeAsync(
                connection =>
                {
                    var command = connection.Command(CompleteStatement).With(id).With(what.Name).With(what.Type).With(what.Size);
                    command.Parameters.Add(new NpgsqlParameter { Value = (object?)what.Width ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });
                    command.Parameters.Add(new NpgsqlParameter { Value = (object?)what.Height ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });
                    return command.With(mostBytes).RunAsync();
                },
                ct);
            return _isKept = completed == 1;
        }

        public async ValueTask DisposeAsync()
        {
            if (_isKept)
                return;
            try
            {
                await calls.ChangeAsync(
                    connection => connection.Command("UPDATE hubbub.files SET gone = true WHERE id = $1 AND size IS NULL").With(id).RunAsync(), CancellationToken.None);
            }
            catch (StoreException)
            {
                // It waits, unfinished, until it is swept.
            }
        }

        private async Task WritePieceAsync(CancellationToken ct)
        {
            var bytes = _filled == _piece.Length ? _piece : _piece[.._filled];
            var piece = _pieces++;
            await calls.ChangeAsync(
                connection => connection.Command("INSERT INTO hubbub.file_pieces (file_id, piece, bytes) VALUES ($1, $2, $3)").With(id).With(piece).With(bytes).RunAsync(), ct);
            _filled = 0;
        }
    }
}
