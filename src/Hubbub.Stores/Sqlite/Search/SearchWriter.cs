using Hubbub.Core.Search;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite.Driver;

namespace Hubbub.Stores.Sqlite.Search;

/// <summary>Takes in what the log says, a transaction a call. Used by one thread at a time.</summary>
internal sealed class SearchWriter : IDisposable
{
    private readonly Database _database;
    private readonly Statement _findRoom;
    private readonly Statement _addRoom;
    private readonly Statement _move;
    private readonly Statement _findMessage;
    private readonly Statement _messagesOf;
    private readonly Statement _isTaken;
    private readonly Statement _add;
    private readonly Statement _replace;
    private readonly Statement _drop;
    private readonly Statement _addTerms;
    private readonly Statement _dropTerms;
    private bool _mustWipeWal;
    private int _pagesAtCheckpoint;

    public SearchWriter(Database database)
    {
        _database = database;
        _findRoom = database.Prepare("SELECT number, epoch, sequence FROM rooms WHERE id = ?1");
        _addRoom = database.Prepare("INSERT INTO rooms (id, epoch, sequence) VALUES (?1, ?2, 0)");
        _move = database.Prepare("UPDATE rooms SET epoch = ?2, sequence = ?3 WHERE number = ?1");
        _findMessage = database.Prepare("SELECT id, sender_id, sender_name, text, has_file FROM messages WHERE room_number = ?1 AND sequence = ?2");
        _messagesOf = database.Prepare("SELECT sequence FROM messages WHERE room_number = ?1");
        _isTaken = database.Prepare("SELECT 1 FROM messages WHERE id = ?1");
        _add = database.Prepare("INSERT INTO messages (id, room_number, sequence, sender_id, sender_name, sent_at, text, has_file) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        _replace = database.Prepare("UPDATE messages SET text = ?2 WHERE id = ?1");
        _drop = database.Prepare("DELETE FROM messages WHERE id = ?1");
        _addTerms = database.Prepare("INSERT INTO terms (rowid, words) VALUES (?1, ?2)");
        _dropTerms = database.Prepare("INSERT INTO terms (terms, rowid, words) VALUES ('delete', ?1, ?2)");
    }

    public Position Position(RoomId room) => Find(room) is { } known ? known.Position : Protocol.Position.Start;

    /// <summary>See <see cref="ISearch.TakeInAsync"/>.</summary>
    public bool TakeIn(RoomId room, Position from, Position to, IReadOnlyList<IndexChange> changes)
    {
        _database.Execute("BEGIN IMMEDIATE");
        try
        {
            var known = Find(room);
            if ((known?.Position ?? Protocol.Position.Start) != from)
            {
                _database.Execute("ROLLBACK");
                return false;
            }

            if (known is null)
            {
                _addRoom.Set(1, room.Value).Set(2, to.Epoch.Value).Run();
                known = Find(room);
            }

            var number = known!.Value.Number;
            if (!from.IsStart && from.Epoch != to.Epoch)
                Clear(room, number);
            Apply(room, number, new NetChanges(changes));
            _move.Set(1, number).Set(2, to.Epoch.Value).Set(3, to.Sequence).Run();
            _database.Execute("COMMIT");
        }
        catch
        {
            if (_database.IsInTransaction)
                _database.Execute("ROLLBACK");
            throw;
        }

        CareForWal();
        return true;
    }

    public void Dispose() => _database.Dispose();

    private void Apply(RoomId room, long number, NetChanges changes)
    {
        foreach (var message in changes.Dropped)
            Drop(room, number, message);
        foreach (var (message, text) in changes.Replaced)
            Replace(room, number, message, text);
        foreach (var added in changes.Added)
            Add(room, number, added);
    }

    private void Add(RoomId room, long number, MessageIndexed message)
    {
        var sentAt = message.SentAt.ToUnixTimeMilliseconds();
        var id = SearchIds.Of(sentAt, message.Message);
        while (IsTaken(id))
            id++;
        _add.Set(1, id).Set(2, number).Set(3, message.Message).Set(4, message.Sender.Id.Value).Set(5, message.Sender.Name).Set(6, sentAt).Set(7, message.Text).Set(8, message.HasFile ? 1 : 0).Run();
        _addTerms.Set(1, id).Set(2, SearchTerms.Of(room, message.Sender, message.Text, message.HasFile)).Run();
    }

    private void Replace(RoomId room, long number, long message, string text)
    {
        if (FindMessage(number, message) is not { } known)
            return;
        _dropTerms.Set(1, known.Id).Set(2, SearchTerms.Of(room, known.Sender, known.Text, known.HasFile)).Run();
        _replace.Set(1, known.Id).Set(2, text).Run();
        _addTerms.Set(1, known.Id).Set(2, SearchTerms.Of(room, known.Sender, text, known.HasFile)).Run();
        _mustWipeWal = true;
    }

    private void Drop(RoomId room, long number, long message)
    {
        if (FindMessage(number, message) is not { } known)
            return;
        _dropTerms.Set(1, known.Id).Set(2, SearchTerms.Of(room, known.Sender, known.Text, known.HasFile)).Run();
        _drop.Set(1, known.Id).Run();
        _mustWipeWal = true;
    }

    private void Clear(RoomId room, long number)
    {
        var messages = new List<long>();
        using (var rows = _messagesOf.Set(1, number).Rows())
        {
            while (rows.Next())
                messages.Add(rows.Number(0));
        }

        foreach (var message in messages)
            Drop(room, number, message);
    }

    /// <summary>Old pages stay readable in the write-ahead log until it is emptied; so it is at once after something was removed, if no search stands in the way, and otherwise after the next call.</summary>
    private void CareForWal()
    {
        const int Pages = 2000;
        var pages = _database.PagesWritten;
        if (_mustWipeWal)
        {
            _mustWipeWal = _database.Checkpoint(truncate: true).WasBusy;
            _pagesAtCheckpoint = pages;
        }
        else if (unchecked(pages - _pagesAtCheckpoint) > Pages)
        {
            _database.Checkpoint(truncate: false);
            _pagesAtCheckpoint = pages;
        }
    }

    private bool IsTaken(long id)
    {
        using var rows = _isTaken.Set(1, id).Rows();
        return rows.Next();
    }

    private (long Number, Position Position)? Find(RoomId room)
    {
        using var rows = _findRoom.Set(1, room.Value).Rows();
        return rows.Next() ? (rows.Number(0), new Position(new Epoch((uint)rows.Number(1)), rows.Number(2))) : null;
    }

    private (long Id, User Sender, string Text, bool HasFile)? FindMessage(long number, long message)
    {
        using var rows = _findMessage.Set(1, number).Set(2, message).Rows();
        return rows.Next() ? (rows.Number(0), new User(UserId.Parse(rows.Text(1)), rows.Text(2)), rows.Text(3), rows.Number(4) != 0) : null;
    }
}
