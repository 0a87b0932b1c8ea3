using Hubbub.Stores.Postgres.Driver;
using Npgsql;

namespace Hubbub.Stores.Postgres.Writing;

/// <summary>What all nodes must agree on: made by the first, found by the others.</summary>
internal static class SecretWriter
{
    public static async Task<byte[]> FindOrKeepAsync(NpgsqlConnection connection, string name, byte[] drawn)
    {
        await connection.Command("INSERT INTO hubbub.secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING").With(name).With(drawn).RunAsync();

        // A statement of its own, which sees what another node has committed while the one before waited for it.
        return (await connection.Command("SELECT value FROM hubbub.secrets WHERE name = $1").With(name).OneAsync(rows => rows.GetFieldValue<byte[]>(0)))!;
    }
}
