using Hubbub.Core.Log;
using Npgsql;

namespace Hubbub.Stores.Postgres;

/// <summary>
/// A database's address as <c>postgres://user:password@host:port/database?sslmode=require</c>, the form that libpq knows
/// (https://www.postgresql.org/docs/current/libpq-connect.html). Names and password are percent-encoded; the query may hold any keyword of Npgsql's.
/// </summary>
public static class PostgresUrl
{
    private const int DefaultPort = 5432;

    public static bool IsOne(string text) =>
        text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase);

    /// <returns>Npgsql's connection string.</returns>
    /// <exception cref="StoreException">It is not such an address. The message never repeats it, since it may hold a password.</exception>
    public static string Read(string url)
    {
        if (!IsOne(url) || !Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.Host.Length == 0)
            throw Wrong("is malformed");
        var database = Uri.UnescapeDataString(parsed.AbsolutePath.TrimStart('/'));
        if (database.Length == 0 || database.Contains('/'))
            throw Wrong("names no database");
        var connection = new NpgsqlConnectionStringBuilder
        {
            Host = parsed.Host,
            Port = parsed.Port < 0 ? DefaultPort : parsed.Port,
            Database = database,
        };
        var user = parsed.UserInfo.Split(':', 2);
        if (user[0].Length > 0)
            connection.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1)
            connection.Password = Uri.UnescapeDataString(user[1]);
        foreach (var pair in parsed.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
            Set(connection, pair.Split('=', 2));
        return connection.ConnectionString;
    }

    private static void Set(NpgsqlConnectionStringBuilder connection, string[] pair)
    {
        var keyword = Uri.UnescapeDataString(pair[0]);
        var value = Uri.UnescapeDataString(pair.ElementAtOrDefault(1) ?? "");
        try
        {
            // libpq's word and values, which Npgsql writes otherwise.
            if (keyword == "sslmode")
                connection["SSL Mode"] = value.Replace("-", "", StringComparison.Ordinal);
            else
                connection[keyword] = value;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException)
        {
            throw Wrong($"has a keyword '{keyword}' that is unknown or has no such value");
        }
    }

    private static StoreException Wrong(string flaw) =>
        new($"The store's address {flaw}: write postgres://user:password@host:port/database, with special characters percent-encoded.");
}
