namespace Hubbub.Compare.Listening;

/// <summary>Carries posts to the server: on sockets of its dialect, or as HTTP requests. Lives on the generator's loop.</summary>
internal interface ISender
{
    /// <summary>Writes this room's next message; it may wait for <see cref="Flush"/>.</summary>
    void Post(int room, long now);

    void Flush();
}
