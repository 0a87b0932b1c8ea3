using Npgsql;
using NpgsqlTypes;

namespace Hubbub.Stores.Postgres.Driver;

/// <summary>Short words for commands with parameters $1, $2 … in the order in which they are added.</summary>
internal static class Commands
{
    public static NpgsqlCommand Command(this NpgsqlConnection connection, string sql) => new(sql, connection);

    public static NpgsqlCommand With<T>(this NpgsqlCommand command, T value)
    {
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return command;
    }

    public static NpgsqlCommand WithTextOrNull(this NpgsqlCommand command, string? value)
    {
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        return command;
    }

    /// <summary>An array parameter whose type cannot be seen from the elements alone.</summary>
    public static NpgsqlCommand With<T>(this NpgsqlCommand command, T[] values, NpgsqlDbType element)
    {
        command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | element });
        return command;
    }

    /// <summary>What the first row says; the default if there is none.</summary>
    public static async Task<T?> OneAsync<T>(this NpgsqlCommand command, Func<NpgsqlDataReader, T> read)
    {
        await using (command)
        await using (var rows = await command.ExecuteReaderAsync())
            return await rows.ReadAsync() ? read(rows) : default;
    }

    public static async Task<List<T>> ManyAsync<T>(this NpgsqlCommand command, Func<NpgsqlDataReader, T> read)
    {
        var list = new List<T>();
        await using (command)
        await using (var rows = await command.ExecuteReaderAsync())
        {
            while (await rows.ReadAsync())
                list.Add(read(rows));
        }

        return list;
    }

    /// <returns>How many rows were changed.</returns>
    public static async Task<int> RunAsync(this NpgsqlCommand command)
    {
        await using (command)
            return await command.ExecuteNonQueryAsync();
    }

    public static long? NumberOrNull(this NpgsqlDataReader rows, int column) => rows.IsDBNull(column) ? null : rows.GetInt64(column);

    public static string? TextOrNull(this NpgsqlDataReader rows, int column) => rows.IsDBNull(column) ? null : rows.GetString(column);
}
