using Hubbub.Core.Files;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite.Driver;

namespace Hubbub.Stores.Sqlite.Files;

/// <summary>What is written about files, inside the writer's transaction. Used by the writer's thread alone.</summary>
internal sealed class FileWriter(Database database)
{
    private readonly Statement _begin = database.Prepare("""
        INSERT INTO files (id, room_number, uploader, uploaded_at, thumbnail_of)
        SELECT ?1, r.number, ?3, ?4, ?5 FROM rooms r
        WHERE r.id = ?2 AND (SELECT count(*) FROM files f WHERE f.uploader = ?3 AND f.message IS NULL AND f.gone = 0) < ?6
        """);

    private readonly Statement _complete = database.Prepare("""
        UPDATE files SET name = ?2, type = ?3, size = ?4, width = ?5, height = ?6
        WHERE id = ?1 AND gone = 0
            AND (SELECT coalesce(sum(f.size), 0) FROM files f WHERE f.uploader = files.uploader AND f.message IS NULL AND f.gone = 0) + ?4 <= ?7
        """);

    private readonly Statement _giveUp = database.Prepare("UPDATE files SET gone = 1 WHERE id = ?1 AND size IS NULL");

    private readonly Statement _drop = database.Prepare("""
        UPDATE files SET gone = 1
        WHERE id = ?1 AND uploader = ?3 AND message IS NULL AND gone = 0 AND size IS NOT NULL AND room_number = (SELECT number FROM rooms WHERE id = ?2)
        """);

    private readonly Statement _dropThumbnails = database.Prepare("UPDATE files SET gone = 1 WHERE thumbnail_of = ?1 AND message IS NULL");

    private readonly Statement _expire = database.Prepare("UPDATE files SET gone = 1 WHERE message IS NULL AND gone = 0 AND uploaded_at < ?1");

    private readonly Statement _gone = database.Prepare("SELECT id FROM files WHERE gone = 1 LIMIT 100");

    private readonly Statement _forget = database.Prepare("DELETE FROM files WHERE id = ?1 AND gone = 1");

    public bool Begin(NewFile file, int most) => _begin
        .Set(1, file.Id).Set(2, file.Room.Value).Set(3, file.Uploader.Value).Set(4, file.At.ToUnixTimeMilliseconds()).Set(5, file.ThumbnailOf).Set(6, most).Run() == 1;

    public bool Complete(string id, FileDescription what, long mostBytes) => _complete
        .Set(1, id).Set(2, what.Name).Set(3, what.Type).Set(4, what.Size).Set(5, (long?)what.Width).Set(6, (long?)what.Height).Set(7, mostBytes).Run() == 1;

    public bool GiveUp(string id) => _giveUp.Set(1, id).Run() == 1;

    public bool Drop(RoomId room, string id, UserId uploader)
    {
        if (_drop.Set(1, id).Set(2, room.Value).Set(3, uploader.Value).Run() == 0)
            return false;
        _dropThumbnails.Set(1, id).Run();
        return true;
    }

    /// <summary>Gives up what has waited too long.</summary>
    /// <returns>The ids of some files whose bytes are to be deleted.</returns>
    public List<string> Expire(DateTimeOffset before)
    {
        _expire.Set(1, before.ToUnixTimeMilliseconds()).Run();
        var gone = new List<string>();
        using var rows = _gone.Rows();
        while (rows.Next())
            gone.Add(rows.Text(0));
        return gone;
    }

    public int Forget(IReadOnlyList<string> ids) => ids.Sum(id => _forget.Set(1, id).Run());
}
