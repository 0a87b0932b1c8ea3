using System.Diagnostics;
using Npgsql;

namespace Hubbub.Stores.Postgres;

/// <summary>What a PostgreSQL server does by itself, to be told beside what is measured on it.</summary>
public static class PostgresCommits
{
    /// <summary>How many commits a second one session makes that changes one row again and again: what one room's log could do if each event were a transaction of its own.</summary>
    /// <param name="connectionString">The database; a table is made in it and dropped again.</param>
    /// <param name="time">How long.</param>
    /// <param name="ct">Ends it.</param>
    public static async Task<double> MeasureAsync(string connectionString, TimeSpan time, CancellationToken ct)
    {
        var table = $"hubbub_commits_{Environment.ProcessId}";
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(ct);
        await ExecuteAsync($"CREATE TABLE {table} (n integer NOT NULL); INSERT INTO {table} VALUES (0)");
        try
        {
            await using var change = new NpgsqlCommand($"UPDATE {table} SET n = n + 1", connection);
            await change.PrepareAsync(ct);
            var began = Stopwatch.GetTimestamp();
            var commits = 0;
            while (Stopwatch.GetElapsedTime(began) < time)
            {
                await change.ExecuteNonQueryAsync(ct);
                commits++;
            }

            return commits / Stopwatch.GetElapsedTime(began).TotalSeconds;
        }
        finally
        {
            await ExecuteAsync($"DROP TABLE {table}");
        }

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }
}
