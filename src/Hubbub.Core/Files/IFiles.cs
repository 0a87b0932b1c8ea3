using Hubbub.Core.Log;
using Hubbub.Protocol;

namespace Hubbub.Core.Files;

/// <summary>
/// What people upload: the bytes, and what is known of them. A file comes piece by piece and is there whole or not at all; it waits until a message brings it
/// (<see cref="IRoomLog.AppendAsync"/> claims it in the transaction that stores the message), and goes with that message. Defined by <c>FilesContract</c>.
/// </summary>
/// <remarks>Thread-safe. Operating errors are <see cref="StoreException"/>, a disk without space <see cref="NoSpaceException"/>.</remarks>
public interface IFiles
{
    /// <summary>Begins an upload.</summary>
    /// <param name="file">What is known already.</param>
    /// <param name="most">How many files of this uploader may wait, those that are still coming included.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>Null if too many wait, or the room does not exist.</returns>
    ValueTask<IUpload?> BeginAsync(NewFile file, int most, CancellationToken ct);

    /// <summary>Files of a room that are there whole, in no order: those with these ids, and thumbnails of them.</summary>
    ValueTask<IReadOnlyList<StoredFile>> FindAsync(RoomId room, IReadOnlyList<string> ids, CancellationToken ct);

    /// <summary>The bytes of a file that was found; a stream in which one can seek. Null if they have gone since.</summary>
    ValueTask<Stream?> OpenAsync(StoredFile file, CancellationToken ct);

    /// <summary>Gives up a file that waits, with its thumbnails; for its uploader alone.</summary>
    /// <returns>False if there is no such file of theirs, or a message has it.</returns>
    ValueTask<bool> DropAsync(RoomId room, string id, UserId uploader, CancellationToken ct);

    /// <summary>
    /// Gives up what has waited since before a time, and deletes bytes of what was given up, or whose message was deleted, at most 100 files at a time. What was begun and not
    /// done, as by a process that died, is done by a later call.
    /// </summary>
    /// <returns>How many files were deleted.</returns>
    ValueTask<int> SweepAsync(DateTimeOffset before, CancellationToken ct);
}

/// <summary>An upload under way, of one caller. Disposing of it before it is completed leaves nothing.</summary>
public interface IUpload : IAsyncDisposable
{
    /// <summary>Takes the next bytes.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct);

    /// <summary>Keeps the file, durably.</summary>
    /// <param name="what">What it has turned out to be.</param>
    /// <param name="mostBytes">How many bytes of this uploader may wait, this file's included.</param>
    /// <param name="ct">Gives up before it is begun.</param>
    /// <returns>False, and nothing is kept, if too many would wait, or the upload took so long that it was swept.</returns>
    ValueTask<bool> CompleteAsync(FileDescription what, long mostBytes, CancellationToken ct);
}

/// <param name="Id">Drawn by the caller; <see cref="FileRules.IsId"/>.</param>
/// <param name="Room">An existing room.</param>
/// <param name="Uploader">Who.</param>
/// <param name="At">When.</param>
/// <param name="ThumbnailOf">The file of which it is a smaller picture; null for a file in its own right.</param>
public sealed record NewFile(string Id, RoomId Room, UserId Uploader, DateTimeOffset At, string? ThumbnailOf = null);

/// <param name="Name">Clean (<see cref="FileRules.CleanName"/>).</param>
/// <param name="Type">A media type that is harmless.</param>
/// <param name="Size">Bytes that were written.</param>
/// <param name="Width">Of a picture.</param>
/// <param name="Height">Of a picture.</param>
public sealed record FileDescription(string Name, string Type, long Size, int? Width, int? Height);

/// <summary>A file that is there.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Room">The room to which it was uploaded.</param>
/// <param name="Uploader">By whom.</param>
/// <param name="What">What it is.</param>
/// <param name="ThumbnailOf">The file of which it is a smaller picture.</param>
/// <param name="Message">The sequence of the message that brings it; null while it waits for one.</param>
public sealed record StoredFile(string Id, RoomId Room, UserId Uploader, FileDescription What, string? ThumbnailOf, long? Message);

/// <summary>There is no space for a file.</summary>
public sealed class NoSpaceException : StoreException
{
    public NoSpaceException(string message, Exception inner) : base(message, inner) { }
}
