using System.Reflection;
using Hubbub.Stores.Sqlite.Driver;

namespace Hubbub.Stores.Sqlite.Schema;

/// <summary>The versions of the schema: a SQL script beside this file for each, applied in order at start, each in its own transaction.</summary>
internal static class SchemaVersions
{
    /// <summary>'Hubb', as the first script writes it into the file's header.</summary>
    private const long ApplicationId = 0x48756262;

    private const string Prefix = "Hubbub.Stores.Sqlite.Schema.";

    /// <summary>The scripts, version 1 first.</summary>
    public static IReadOnlyList<string> Scripts { get; } =
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(ReadScript)];

    /// <summary>The version that the file has; 0 for a new one.</summary>
    /// <exception cref="Core.Log.StoreException">It is another program's, or of a version newer than <paramref name="known"/>.</exception>
    public static long Find(Database database, string file, int known)
    {
        var application = database.Number("PRAGMA application_id");
        if (application == 0 && database.Number("SELECT count(*) FROM sqlite_schema") == 0)
            return 0;
        if (application != ApplicationId)
            throw Sentences.Foreign(file);
        var version = database.Number("SELECT max(version) FROM schema_version");
        return version <= known ? version : throw Sentences.Newer(file, version, known);
    }

    /// <summary>Applies what the file does not have yet. After a failure the file is at the version before the script that failed.</summary>
    public static void Apply(Database database, long version, IReadOnlyList<string> scripts, TimeProvider time)
    {
        for (var next = (int)version; next < scripts.Count; next++)
        {
            database.Execute("BEGIN IMMEDIATE");
            try
            {
                database.Execute(scripts[next]);
                using (var row = database.Prepare("INSERT INTO schema_version (version, applied_at) VALUES (?1, ?2)"))
                    row.Set(1, next + 1).Set(2, time.GetUtcNow().ToUnixTimeMilliseconds()).Run();
                database.Execute("COMMIT");
            }
            catch (SqliteFailure)
            {
                if (database.IsInTransaction)
                    database.Execute("ROLLBACK");
                throw;
            }
        }
    }

    private static string ReadScript(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
