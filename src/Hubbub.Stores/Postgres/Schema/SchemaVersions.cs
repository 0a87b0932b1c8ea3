using System.Reflection;
using Npgsql;

namespace Hubbub.Stores.Postgres.Schema;

/// <summary>
/// The versions of the schema <c>hubbub</c>: a SQL script beside this file for each, applied in order at start, each in a transaction of its own. One node
/// at a time does so, under an advisory lock; the others wait for it and find it done.
/// </summary>
/// <remarks>Nodes of the version before may be serving meanwhile: a script adds, and takes nothing away that they use.</remarks>
internal static class SchemaVersions
{
    /// <summary>'Hubb': the number of the advisory lock.</summary>
    private const long Lock = 0x48756262;

    private const string Prefix = "Hubbub.Stores.Postgres.Schema.";

    /// <summary>The scripts, version 1 first.</summary>
    public static IReadOnlyList<string> Scripts { get; } =
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(ReadScript)];

    /// <summary>The version that the database has; 0 for one without the schema.</summary>
    public static async Task<int> FindAsync(NpgsqlConnection connection)
    {
        // Asked of the catalog's tables: to_regclass would answer from what the session remembers, also when it had waited for another node's schema.
        if (await NumberAsync(connection, "SELECT count(*)::int FROM pg_tables WHERE schemaname = 'hubbub' AND tablename = 'schema_version'") == 0)
            return 0;
        return await NumberAsync(connection, "SELECT coalesce(max(version), 0) FROM hubbub.schema_version");
    }

    /// <summary>Applies the next script, unless another node has done so. After a failure the database is at the version before.</summary>
    /// <returns>The version that the database has then.</returns>
    public static async Task<int> ApplyNextAsync(NpgsqlConnection connection, IReadOnlyList<string> scripts)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({Lock})");
        var version = await FindAsync(connection);
        if (version >= scripts.Count)
            return version;
        if (version == 0)
        {
            // An administrator may have made it, for a user who may make none; IF NOT EXISTS would ask for that right all the same.
            if (await NumberAsync(connection, "SELECT count(*)::int FROM pg_namespace WHERE nspname = 'hubbub'") == 0)
                await ExecuteAsync(connection, "CREATE SCHEMA hubbub");
            await ExecuteAsync(
                connection, "CREATE TABLE hubbub.schema_version (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())");
        }

        await ExecuteAsync(connection, scripts[version]);
        await ExecuteAsync(connection, $"INSERT INTO hubbub.schema_version (version) VALUES ({version + 1})");
        await transaction.CommitAsync();
        return version + 1;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string statements)
    {
        await using var command = new NpgsqlCommand(statements, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<int> NumberAsync(NpgsqlConnection connection, string query)
    {
        await using var command = new NpgsqlCommand(query, connection);
        return (int)(await command.ExecuteScalarAsync())!;
    }

    private static string ReadScript(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
