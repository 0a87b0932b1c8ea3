using Hubbub.Core.Files;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite.Driver;

namespace Hubbub.Stores.Sqlite.Files;

/// <summary>What is known of files, on a read connection.</summary>
internal sealed class FileReader(Database database)
{
    private readonly Statement _find = database.Prepare("""
        SELECT f.id, f.uploader, f.name, f.type, f.size, f.width, f.height, f.thumbnail_of, f.message
        FROM files f JOIN rooms r ON r.number = f.room_number
        WHERE r.id = ?1 AND (f.id = ?2 OR f.thumbnail_of = ?2) AND f.size IS NOT NULL AND f.gone = 0
        """);

    public List<StoredFile> Find(RoomId room, IReadOnlyList<string> ids)
    {
        var found = new List<StoredFile>();
        foreach (var id in ids)
        {
            using var rows = _find.Set(1, room.Value).Set(2, id).Rows();
            while (rows.Next())
            {
                found.Add(new StoredFile(
                    rows.Text(0), room, UserId.Parse(rows.Text(1)),
                    new FileDescription(rows.Text(2), rows.Text(3), rows.Number(4), (int?)rows.NumberOrNull(5), (int?)rows.NumberOrNull(6)), rows.TextOrNull(7), rows.NumberOrNull(8)));
            }
        }

        return found;
    }
}
