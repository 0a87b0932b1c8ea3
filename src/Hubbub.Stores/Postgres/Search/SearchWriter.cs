using Hubbub.Core.Search;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres.Driver;
using Npgsql;
using NpgsqlTypes;

namespace Hubbub.Stores.Postgres.Search;

/// <summary>Takes in what the log says, a transaction a call, under the lock of the room's place in the index; no append knows that lock.</summary>
internal static class SearchWriter
{
    private const string AddStatement = """
        INSERT INTO hubbub.search_messages (room_id, sequence, sent_at, sender_id, sender_name, body, has_file, terms)
        SELECT $1, added.sequence, added.sent_at, added.sender_id, added.sender_name, added.body, added.has_file, added.terms::tsvector
        FROM unnest($2, $3, $4, $5, $6, $7, $8) added (sequence, sent_at, sender_id, sender_name, body, has_file, terms)
        ON CONFLICT (room_id, sequence) DO NOTHING
        """;

    private const string ReplaceStatement = """
        UPDATE hubbub.search_messages message SET body = replaced.body, terms = replaced.terms::tsvector
        FROM unnest($2, $3, $4) replaced (sequence, body, terms)
        WHERE message.room_id = $1 AND message.sequence = replaced.sequence
        """;

    /// <summary>See <see cref="ISearch.TakeInAsync"/>.</summary>
    public static async Task<bool> TakeInAsync(NpgsqlConnection connection, RoomId room, Position from, Position to, IReadOnlyList<IndexChange> changes)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        if (from.IsStart)
        {
            var begun = await connection.Command("INSERT INTO hubbub.search_rooms (room_id, epoch, sequence) VALUES ($1, $2, $3) ON CONFLICT (room_id) DO NOTHING")
                .With(room.Value).With((long)to.Epoch.Value).With(to.Sequence).RunAsync();
            if (begun == 0)
                return false;
        }
        else
        {
            var moved = await connection.Command("UPDATE hubbub.search_rooms SET epoch = $2, sequence = $3 WHERE room_id = $1 AND epoch = $4 AND sequence = $5")
                .With(room.Value).With((long)to.Epoch.Value).With(to.Sequence).With((long)from.Epoch.Value).With(from.Sequence).RunAsync();
            if (moved == 0)
                return false;
            if (from.Epoch != to.Epoch)
                await connection.Command("DELETE FROM hubbub.search_messages WHERE room_id = $1").With(room.Value).RunAsync();
        }

        await ApplyAsync(connection, room, new NetChanges(changes));
        await transaction.CommitAsync();
        return true;
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, RoomId room, NetChanges changes)
    {
        if (changes.Dropped.Count > 0)
        {
            await connection.Command("DELETE FROM hubbub.search_messages WHERE room_id = $1 AND sequence = ANY ($2)")
                .With(room.Value).With([.. changes.Dropped], NpgsqlDbType.Bigint).RunAsync();
        }

        if (changes.Replaced.Count > 0)
            await ReplaceAsync(connection, room, changes.Replaced);
        MessageIndexed[] added = [.. changes.Added];
        if (added.Length == 0)
            return;
        await connection.Command(AddStatement)
            .With(room.Value)
            .With(Array.ConvertAll(added, m => m.Message), NpgsqlDbType.Bigint)
            .With(Array.ConvertAll(added, m => m.SentAt.ToUnixTimeMilliseconds()), NpgsqlDbType.Bigint)
            .With(Array.ConvertAll(added, m => m.Sender.Id.Value), NpgsqlDbType.Text)
            .With(Array.ConvertAll(added, m => m.Sender.Name), NpgsqlDbType.Text)
            .With(Array.ConvertAll(added, m => m.Text), NpgsqlDbType.Text)
            .With(Array.ConvertAll(added, m => m.HasFile), NpgsqlDbType.Boolean)
            .With(Array.ConvertAll(added, m => SearchTerms.Vector(room, m.Sender, m.Text, m.HasFile)), NpgsqlDbType.Text)
            .RunAsync();
    }

    private static async Task ReplaceAsync(NpgsqlConnection connection, RoomId room, IReadOnlyDictionary<long, string> replaced)
    {
        // The facts stand with the words, so they must be known.
        var known = await connection.Command("SELECT sequence, sender_id, sender_name, has_file FROM hubbub.search_messages WHERE room_id = $1 AND sequence = ANY ($2)")
            .With(room.Value).With([.. replaced.Keys], NpgsqlDbType.Bigint)
            .ManyAsync(rows => (Message: rows.GetInt64(0), Sender: new User(UserId.Parse(rows.GetString(1)), rows.GetString(2)), HasFile: rows.GetBoolean(3)));
        if (known.Count == 0)
            return;
        await connection.Command(ReplaceStatement)
            .With(room.Value)
            .With([.. known.Select(m => m.Message)], NpgsqlDbType.Bigint)
            .With([.. known.Select(m => replaced[m.Message])], NpgsqlDbType.Text)
            .With([.. known.Select(m => SearchTerms.Vector(room, m.Sender, replaced[m.Message], m.HasFile))], NpgsqlDbType.Text)
            .RunAsync();
    }
}
