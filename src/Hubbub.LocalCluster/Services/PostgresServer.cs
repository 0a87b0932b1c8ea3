using System.Diagnostics;
using Npgsql;

namespace Hubbub.LocalCluster.Services;

/// <summary>
/// A private PostgreSQL 15 from Debian's package, usually one for all tests of an assembly, each of which makes a database of its own. The superuser is
/// <c>postgres</c>, with a password that is asked for.
/// </summary>
public sealed class PostgresServer : ServiceProcess
{
    private const string Programs = "/usr/lib/postgresql/15/bin/";
    private const string SystemUser = "postgres";

    private readonly bool _syncs;
    private int _databases;

    private PostgresServer(bool syncs) => _syncs = syncs;

    /// <summary>The password of the superuser.</summary>
    public string Password { get; } = "an open secret";

    /// <param name="syncs">Whether commits wait for the disk: for measurements, and where a crash of the machine is simulated. Off is quicker, and survives a crash of the processes.</param>
    public static async Task<PostgresServer> StartAsync(bool syncs = false)
    {
        var server = new PostgresServer(syncs);
        try
        {
            await server.MakeClusterAsync();
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        await server.StartOnFreePortAsync();
        return server;
    }

    /// <summary>Makes a new, empty database, and returns the connection string to it.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync("postgres", $"CREATE DATABASE {name}");
        return ConnectionString(name);
    }

    /// <summary>How to reach a database of this server, by default as the superuser.</summary>
    public string ConnectionString(string database, string user = "postgres", string? password = null) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Database = database,
        Username = user,
        Password = password ?? Password,
    }.ConnectionString;

    /// <summary>The same as a URL, as <c>--store</c> takes it.</summary>
    public static string Url(string connectionString)
    {
        var parts = new NpgsqlConnectionStringBuilder(connectionString);
        return $"postgres://{Uri.EscapeDataString(parts.Username!)}:{Uri.EscapeDataString(parts.Password!)}@{parts.Host}:{parts.Port}/{parts.Database}";
    }

    /// <summary>Runs statements as the superuser.</summary>
    public async Task ExecuteAsync(string database, string statements)
    {
        await using var connection = await ConnectAsync(database);
        await using var command = new NpgsqlCommand(statements, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first column of the first row of a query, asked as the superuser.</summary>
    public async Task<T?> ScalarAsync<T>(string database, string query)
    {
        await using var connection = await ConnectAsync(database);
        await using var command = new NpgsqlCommand(query, connection);
        return (T?)await command.ExecuteScalarAsync();
    }

    protected override ProcessStartInfo Command() => CommandAs(
        SystemUser,
        $"{Programs}postgres",
        "-D", Cluster,
        "-h", "127.0.0.1",
        "-p", $"{Port}",
        "-c", $"unix_socket_directories={Folder}",
        "-c", $"fsync={(_syncs ? "on" : "off")}",
        "-c", "max_connections=200");

    protected override async Task<bool> AnswersAsync()
    {
        try
        {
            await ScalarAsync<int>("postgres", "SELECT 1");
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private string Cluster => Path.Combine(Folder, "cluster");

    private async Task MakeClusterAsync()
    {
        var passwordFile = Path.Combine(Folder, "password");
        await File.WriteAllTextAsync(passwordFile, Password);
        await GiveFolderToAsync(SystemUser);
        await RunAsync(CommandAs(
            SystemUser,
            $"{Programs}initdb",
            "-D", Cluster,
            "--username=postgres",
            $"--pwfile={passwordFile}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync"));
    }

    private async Task<NpgsqlConnection> ConnectAsync(string database)
    {
        // Without a pool: a test's database must have no connections that nobody uses, and a restarted server no dead ones.
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString(database)) { Pooling = false }.ConnectionString);
        try
        {
            await connection.OpenAsync();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
