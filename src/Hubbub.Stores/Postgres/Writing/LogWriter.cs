using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres.Driver;
using Npgsql;
using NpgsqlTypes;

namespace Hubbub.Stores.Postgres.Writing;

/// <summary>The changes to the log. The rules of an append stand in <c>Schema/0011-files.sql</c>; here drafts become its arrays and its rows become outcomes.</summary>
internal static class LogWriter
{
    public static async Task<AppendOutcome[]> AppendAsync(NpgsqlConnection connection, IReadOnlyList<Draft> batch)
    {
        var outcomes = new AppendOutcome[batch.Count];
        if (outcomes.Length == 0)
            return outcomes;
        await using var command = new BatchArrays(batch).Command(connection);
        await using (var rows = await command.ExecuteReaderAsync())
        {
            for (var i = 0; i < outcomes.Length; i++)
            {
                if (!await rows.ReadAsync())
                    throw new StoreException($"The database answered {i} drafts of {outcomes.Length}; its function hubbub.append is not ours.");
                outcomes[i] = Read(rows, batch[i]);
            }

            // The commit is told after the last row; only now is the batch stored.
            await rows.NextResultAsync();
        }

        return outcomes;
    }

    /// <summary>Gives every room another life, while nobody appends.</summary>
    /// <returns>How many rooms there are.</returns>
    public static async Task<int> RenewEpochsAsync(NpgsqlConnection connection, Func<Epoch> draw)
    {
        await using var transaction = await connection.BeginTransactionAsync();

        // Against appends, which lock rooms in an order of their own; reading goes on.
        await connection.Command("LOCK TABLE hubbub.rooms IN EXCLUSIVE MODE").RunAsync();
        var rooms = await connection.Command("SELECT id, epoch FROM hubbub.rooms").ManyAsync(rows => (Id: rows.GetString(0), Epoch: new Epoch((uint)rows.GetInt64(1))));
        var renewed = rooms.ConvertAll(room => (long)DrawAnother(room.Epoch, draw).Value);
        await connection.Command("UPDATE hubbub.rooms room SET epoch = renewed.epoch FROM unnest($1, $2) renewed (id, epoch) WHERE room.id = renewed.id")
            .With([.. rooms.Select(room => room.Id)], NpgsqlDbType.Text)
            .With([.. renewed], NpgsqlDbType.Bigint)
            .RunAsync();
        await transaction.CommitAsync();
        return rooms.Count;
    }

    private static Epoch DrawAnother(Epoch old, Func<Epoch> draw)
    {
        var epoch = draw();
        return epoch == old ? draw() : epoch;
    }

    private static AppendOutcome Read(NpgsqlDataReader rows, Draft draft)
    {
        switch (rows.GetInt16(0))
        {
            case 0:
                return AppendOutcome.Appended(new RoomEvent(
                    draft.Room,
                    ReadPosition(rows),
                    draft.Sender,
                    DateTimeOffset.FromUnixTimeMilliseconds(draft.SentAt.ToUnixTimeMilliseconds()),
                    draft.Key,
                    draft.Content));
            case 1:
                var original = EventRow.Read(
                    draft.Room,
                    ReadPosition(rows),
                    rows.GetInt64(3),
                    draft.Sender.Id.Value,
                    rows.GetString(4),
                    draft.Key,
                    rows.GetString(5),
                    rows.GetString(6),
                    rows.NumberOrNull(7),
                    rows.NumberOrNull(8),
                    rows.TextOrNull(9),
                    rows.TextOrNull(10));
                return original is not null && original.Content.IsRepeatedBy(draft.Content)
                    ? AppendOutcome.Repeated(original)
                    : AppendOutcome.Refused(Refusals.KeyReused);
            case 2:
                return AppendOutcome.Unchanged;
            case 3:
                return AppendOutcome.Refused(Refusals.RoomExists);
            case 5:
                return AppendOutcome.Refused(Refusals.MessageNotFound);
            case 6:
                return AppendOutcome.Refused(Refusals.SlowMode(TimeSpan.FromMilliseconds(rows.GetInt64(2))));
            case 9:
                return AppendOutcome.Refused(Refusals.LastOwner);
            case 10:
                return AppendOutcome.Refused(Refusals.MemberNotFound);
            case 8:
                return AppendOutcome.Refused(Refusals.TooManyPins);
            case 11:
                return AppendOutcome.Refused(Refusals.BadFiles);
            case 7:
                return AppendOutcome.Refused(Refusals.TooManyReactions);
            default:
                return AppendOutcome.Refused(Refusals.RoomNotFound);
        }
    }

    private static Position ReadPosition(NpgsqlDataReader rows) => new(new Epoch((uint)rows.GetInt64(1)), rows.GetInt64(2));
}
