using Hubbub.Core.Log;
using Hubbub.Stores.Postgres.Driver;

namespace Hubbub.Stores.Postgres.Files;

/// <summary>Reads a file piece by piece, each by a question of its own, so that a slow reader holds no connection. Holds one piece in memory. Used by one reader.</summary>
internal sealed class PieceStream(Calls calls, string id, long length) : Stream
{
    /// <summary>Bytes of a piece; only a file's last may have fewer. In the database: another number makes the files of before unreadable.</summary>
    public const int PieceBytes = 256 * 1024;

    private byte[] _piece = [];
    private long _number = -1;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get; set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position >= length || buffer.IsEmpty)
            return 0;
        var number = Position / PieceBytes;
        if (number != _number)
        {
            _piece = await calls.AskAsync(
                connection => connection.Command("SELECT bytes FROM hubbub.file_pieces WHERE file_id = $1 AND piece = $2").With(id).With((int)number)
                    .OneAsync(rows => rows.GetFieldValue<byte[]>(0)),
                cancellationToken) ?? throw new StoreException("A file was deleted while it was read.");
            _number = number;
        }

        var from = (int)(Position % PieceBytes);
        var read = Math.Min(buffer.Length, _piece.Length - from);
        if (read <= 0)
            throw new StoreException("A file is shorter than it was said to be: its pieces are damaged.");
        _piece.AsMemory(from, read).CopyTo(buffer);
        Position += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Files are read without holding a thread.");

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
