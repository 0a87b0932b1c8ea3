using Hubbub.Core.Files;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite.Reading;
using Hubbub.Stores.Sqlite.Writing;

namespace Hubbub.Stores.Sqlite.Files;

/// <summary>
/// Files in a folder, and what is known of them in the database beside it, through the same writer as the log. The row is there before the first byte and until after the last, so that
/// no crash leaves bytes that nobody knows of. Made by <see cref="SqliteStore.Files"/>, and works as long as the store. Thread-safe.
/// </summary>
public sealed class SqliteFiles : IFiles
{
    private readonly Writer _writer;
    private readonly ReadPool _reads;
    private readonly FileFolder _folder;

    internal SqliteFiles(Writer writer, ReadPool reads, FileFolder folder)
    {
        _writer = writer;
        _reads = reads;
        _folder = folder;
    }

    public async ValueTask<IUpload?> BeginAsync(NewFile file, int most, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!await _writer.Enqueue(session => session.Files.Begin(file, most), ct))
            return null;
        try
        {
            return new Upload(this, file.Id, _folder.Begin(file.Id));
        }
        catch (StoreException)
        {
            await GiveUpAsync(file.Id);
            throw;
        }
    }

    public ValueTask<IReadOnlyList<StoredFile>> FindAsync(RoomId room, IReadOnlyList<string> ids, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return _reads.ReadAsync<IReadOnlyList<StoredFile>>(session => session.Files.Find(room, ids), ct);
    }

    public ValueTask<Stream?> OpenAsync(StoredFile file, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(file);
        return ValueTask.FromResult<Stream?>(_folder.OpenRead(file.Id));
    }

    public async ValueTask<bool> DropAsync(RoomId room, string id, UserId uploader, CancellationToken ct) =>
        await _writer.Enqueue(session => session.Files.Drop(room, id, uploader), ct);

    public async ValueTask<int> SweepAsync(DateTimeOffset before, CancellationToken ct)
    {
        var gone = await _writer.Enqueue(session => session.Files.Expire(before), ct);
        if (gone.Count == 0)
            return 0;
        gone.ForEach(_folder.Delete);
        return await _writer.Enqueue(session => session.Files.Forget(gone), ct);
    }

    /// <summary>The sweep does the rest, also after a crash.</summary>
    private Task<bool> GiveUpAsync(string id) => _writer.Enqueue(session => session.Files.GiveUp(id), CancellationToken.None);

    private sealed class Upload(SqliteFiles files, string id, FileStream coming) : IUpload
    {
        private bool _isKept;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct) => files._folder.WriteAsync(coming, bytes, ct);

        public async ValueTask<bool> CompleteAsync(FileDescription what, long mostBytes, CancellationToken ct)
        {
            // Waits for the disk, and so not on the thread that answers requests.
            if (!await Task.Run(() => files._folder.Keep(id, coming), ct))
                return false;
            return _isKept = await files._writer.Enqueue(session => session.Files.Complete(id, what, mostBytes), ct);
        }

        public async ValueTask DisposeAsync()
        {
            await coming.DisposeAsync();
            if (_isKept)
                return;
            try
            {
                files._folder.Delete(id);
                await files.GiveUpAsync(id);
            }
            catch (StoreException)
            {
                // It waits, unfinished, until it is swept.
            }
        }
    }
}
