namespace Hubbub.Core.Rooms;

/// <summary>
/// What somebody has not read of a room: the messages behind their read mark that others have written and nobody has deleted. Counted are those of the room's own stream (<c>unread</c>), and, in threads too, those that as they
/// stand mention the reader or everybody (<c>mentions</c>). It is counted in the log whenever it is asked for and never kept, so there is no counter that could be wrong; that it stays cheap is what the two bounds are for.
/// </summary>
public static class Unread
{
    /// <summary>So many means: so many or more.</summary>
    public const int Most = 1000;

    /// <summary>Of the log only the newest so many events are looked at: somebody has written or deleted nearly all of them by themselves before fewer than <see cref="Most"/> are found there.</summary>
    public const int NewestEvents = 5000;
}
