using Hubbub.Core.Files;
using Hubbub.Protocol;

namespace Hubbub.Core.Log;

/// <content>Files.</content>
public sealed partial class InMemoryStore
{
    private readonly Dictionary<string, Kept> _files = new(StringComparer.Ordinal);

    public ValueTask<IUpload?> BeginAsync(NewFile file, int most, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(file);
        lock (_lock)
        {
            if (!_rooms.ContainsKey(file.Room) || Waiting_NeedsLock(file.Uploader).Count() >= most)
                return ValueTask.FromResult<IUpload?>(null);
            var kept = new Kept(file);
            _files.Add(file.Id, kept);
            return ValueTask.FromResult<IUpload?>(new Upload(this, kept));
        }
    }

    public ValueTask<IReadOnlyList<StoredFile>> FindAsync(RoomId room, IReadOnlyList<string> ids, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(ids);
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<StoredFile>>(
                [.. _files.Values.Where(f => f.Begun.Room == room && !f.IsGone && (ids.Contains(f.Begun.Id) || (f.Begun.ThumbnailOf is { } of && ids.Contains(of)))).Select(f => f.ToFile()).OfType<StoredFile>()]);
        }
    }

    public ValueTask<Stream?> OpenAsync(StoredFile file, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(file);
        lock (_lock)
            return ValueTask.FromResult<Stream?>(_files.TryGetValue(file.Id, out var kept) && !kept.IsGone ? new MemoryStream(kept.Bytes.ToArray(), writable: false) : null);
    }

    public ValueTask<bool> DropAsync(RoomId room, string id, UserId uploader, CancellationToken ct)
    {
        lock (_lock)
        {
            if (!_files.TryGetValue(id, out var kept) || kept.Begun.Room != room || kept.Begun.Uploader != uploader || kept.ToFile() is null || kept.Message is not null || kept.IsGone)
                return ValueTask.FromResult(false);
            foreach (var dropped in _files.Values.Where(f => f.Begun.Id == id || (f.Begun.ThumbnailOf == id && f.Message is null)))
                dropped.IsGone = true;
            return ValueTask.FromResult(true);
        }
    }

    public ValueTask<int> SweepAsync(DateTimeOffset before, CancellationToken ct)
    {
        lock (_lock)
        {
            foreach (var old in _files.Values.Where(f => f.Message is null && f.Begun.At < before))
                old.IsGone = true;
            var gone = _files.Values.Where(f => f.IsGone).Take(100).ToList();
            gone.ForEach(f => _files.Remove(f.Begun.Id));
            return ValueTask.FromResult(gone.Count);
        }
    }

    /// <summary>Whether a message may bring these files: each is its sender's, of its room, whole, and waits.</summary>
    private bool AreFree_NeedsLock(Draft draft, string files) => AttachedFile.Read(files).All(f => Claimable_NeedsLock(draft, f.Id) is not null);

    private void Claim_NeedsLock(RoomEvent stored, string files)
    {
        foreach (var id in AttachedFile.Read(files).Select(f => f.Id))
        {
            foreach (var kept in _files.Values.Where(f => f.Begun.Id == id || (f.Begun.ThumbnailOf == id && f.Message is null && !f.IsGone)))
                kept.Message = stored.Sequence;
        }
    }

    private void Lose_NeedsLock(RoomId room, long message)
    {
        foreach (var lost in _files.Values.Where(f => f.Begun.Room == room && f.Message == message))
            lost.IsGone = true;
    }

    private Kept? Claimable_NeedsLock(Draft draft, string id) =>
        _files.TryGetValue(id, out var kept) && kept.Begun.Room == draft.Room && kept.Begun.Uploader == draft.Sender.Id && kept.Begun.ThumbnailOf is null
        && kept.What is not null && kept.Message is null && !kept.IsGone ? kept : null;

    private IEnumerable<Kept> Waiting_NeedsLock(UserId uploader) => _files.Values.Where(f => f.Begun.Uploader == uploader && f.Message is null && !f.IsGone);

    private sealed class Kept(NewFile begun)
    {
        public NewFile Begun => begun;

        public MemoryStream Bytes { get; } = new();

        public FileDescription? What { get; set; }

        public long? Message { get; set; }

        public bool IsGone { get; set; }

        public StoredFile? ToFile() => What is null ? null : new StoredFile(begun.Id, begun.Room, begun.Uploader, What, begun.ThumbnailOf, Message);
    }

    private sealed class Upload(InMemoryStore store, Kept kept) : IUpload
    {
        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
        {
            kept.Bytes.Write(bytes.Span);
            return ValueTask.CompletedTask;
        }

        public ValueTask<bool> CompleteAsync(FileDescription what, long mostBytes, CancellationToken ct)
        {
            ArgumentNullException.ThrowIfNull(what);
            lock (store._lock)
            {
                if (kept.IsGone || store.Waiting_NeedsLock(kept.Begun.Uploader).Sum(f => f.What?.Size ?? 0) + what.Size > mostBytes)
                    return ValueTask.FromResult(false);
                kept.What = what;
                return ValueTask.FromResult(true);
            }
        }

        public ValueTask DisposeAsync()
        {
            lock (store._lock)
            {
                if (kept.What is null)
                    store._files.Remove(kept.Begun.Id);
            }

            return ValueTask.CompletedTask;
        }
    }
}
