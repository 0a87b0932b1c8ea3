using System.Buffers;
using System.Security.Cryptography;
using Hubbub.Core.Files;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Server.Auth;

namespace Hubbub.Server.Files;

/// <summary>
/// Files as acts: who may post in a room may upload to it, who may read it may have what its messages bring. What a client says of a file counts for nothing but its name; what it is, is read
/// from its first bytes, and never decoded. Thread-safe; an upload holds one buffer of 256 KiB, whatever its size.
/// </summary>
public sealed class Uploads(RoomRegistry rooms, RoomAccess access, IFiles files, UploadOptions options, TimeProvider time)
{
    /// <summary>So much of the beginning is looked at: a photograph says its size behind its notes of up to 64 KiB each, on its place, its colours, its preview.</summary>
    private const int HeadBytes = 256 * 1024;

    /// <summary>Pixels of a side, and in all: what claims more would cost every browser that shows it a gigabyte, and is kept as a plain file.</summary>
    private const int MaxSide = 30_000;
    private const long MaxPixels = 100_000_000;

    private const int MaxThumbnailBytes = 512 * 1024;
    private const int MaxThumbnailSide = 1024;

    private static readonly Refusal BadThumbnail = Refusals.BadRequest(
        $"A thumbnail is a picture (PNG, JPEG, WebP or GIF) of at most {MaxThumbnailBytes} bytes and {MaxThumbnailSide} pixels a side, of a picture of yours that no message has yet.");

    /// <summary>Takes a file as it comes. Nothing of it is kept unless all of it is.</summary>
    /// <param name="caller">Who.</param>
    /// <param name="room">Where to.</param>
    /// <param name="name">What the client calls it.</param>
    /// <param name="thumbnailOf">The id of the picture of which it is a smaller one; null for a file in its own right.</param>
    /// <param name="length">How long it says to be, if it does.</param>
    /// <param name="body">The file.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="NoSpaceException">There is no space for it.</exception>
    public async ValueTask<Outcome<StoredFile>> TakeAsync(Caller caller, RoomId room, string? name, string? thumbnailOf, long? length, Stream body, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(body);
        var allowed = await rooms.OpenAsync(caller, room, Act.Post, ct);
        if (!allowed.Is(out _, out var refusal))
            return refusal;
        if (options.MaxSize == 0)
            return Refusals.NoUploads;
        if (thumbnailOf is not null && !await MayHaveThumbnailAsync(caller, room, thumbnailOf, ct))
            return BadThumbnail;
        var most = thumbnailOf is null ? options.MaxSize : MaxThumbnailBytes;
        if (length > most)
            return TooLarge(most);
        var file = new NewFile(RandomNumberGenerator.GetHexString(32, lowercase: true), room, caller.User.Id, time.GetUtcNow(), thumbnailOf);
        await using var upload = await files.BeginAsync(file, options.MaxWaiting, ct);
        if (upload is null)
            return TooMany;

        var head = ArrayPool<byte>.Shared.Rent(HeadBytes);
        try
        {
            // The head is filled in place and written from there, and so is what comes behind it, over and over from its middle on.
            long size = 0;
            var read = 0;
            while (true)
            {
                var into = size < HeadBytes ? head.AsMemory((int)size, HeadBytes - (int)size) : Memory<byte>.Empty;
                if (into.IsEmpty)
                    break;
                if ((read = await body.ReadAsync(into, ct)) == 0)
                    break;
                size += read;
                if (size > most)
                    return TooLarge(most);
                await upload.WriteAsync(into[..read], ct);
            }

            var what = Describe(name, head.AsSpan(0, (int)size));
            while (read > 0 && (read = await body.ReadAsync(head.AsMemory(0, HeadBytes), ct)) > 0)
            {
                size += read;
                if (size > most)
                    return TooLarge(most);
                await upload.WriteAsync(head.AsMemory(0, read), ct);
            }

            if (size == 0)
                return Refusals.BadRequest("The file is empty.");
            what = what with { Size = size };
            if (thumbnailOf is not null && (what.Width is not <= MaxThumbnailSide || what.Height is not <= MaxThumbnailSide))
                return BadThumbnail;
            return await upload.CompleteAsync(what, options.MaxWaitingBytes, ct) ? new StoredFile(file.Id, room, file.Uploader, what, thumbnailOf, null) : TooMany;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(head);
        }
    }

    /// <summary>A file, for whoever may read its room now. One that waits is its uploader's alone.</summary>
    public async ValueTask<Outcome<StoredFile>> FindAsync(Caller caller, RoomId room, string id, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(caller);
        var allowed = await access.AuthoriseAsync(caller, room, Act.Read, ct);
        if (!allowed.Is(out _, out var refusal))
            return refusal;
        if (!FileRules.IsId(id))
            return Refusals.FileNotFound;
        var found = (await files.FindAsync(room, [id], ct)).FirstOrDefault(f => f.Id == id);
        return found is not null && (found.Message is not null || found.Uploader == caller.User.Id) ? found : Refusals.FileNotFound;
    }

    /// <summary>The bytes of a file that was found; null if it has gone since.</summary>
    public ValueTask<Stream?> OpenAsync(StoredFile file, CancellationToken ct) => files.OpenAsync(file, ct);

    /// <summary>Gives up a file of one's own that no message has.</summary>
    public async ValueTask<Refusal?> DropAsync(Caller caller, RoomId room, string id, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(caller);
        var allowed = await access.AuthoriseAsync(caller, room, Act.Read, ct);
        if (!allowed.Is(out _, out var refusal))
            return refusal;
        return FileRules.IsId(id) && await files.DropAsync(room, id, caller.User.Id, ct) ? null : Refusals.FileNotFound;
    }

    private static FileDescription Describe(string? name, ReadOnlySpan<byte> head)
    {
        var clean = FileRules.CleanName(name);
        return ImageHeader.TryRead(head, out var image) && image.Width <= MaxSide && image.Height <= MaxSide && (long)image.Width * image.Height <= MaxPixels
            ? new FileDescription(clean, image.MediaType, 0, image.Width, image.Height)
            : new FileDescription(clean, FileRules.InertType, 0, null, null);
    }

    private async ValueTask<bool> MayHaveThumbnailAsync(Caller caller, RoomId room, string id, CancellationToken ct) =>
        FileRules.IsId(id) && (await files.FindAsync(room, [id], ct)).Any(f =>
            f.Id == id && f.Uploader == caller.User.Id && f.Message is null && f.ThumbnailOf is null && f.What.Width is not null);

    private static Refusal TooLarge(long most) => Refusals.TooLarge($"A file has at most {most} bytes here.");

    private Refusal TooMany => Refusals.TooManyFiles(
        $"At most {options.MaxWaiting} files, and {options.MaxWaitingBytes} bytes, of yours may wait for a message; post or drop some first.");
}
