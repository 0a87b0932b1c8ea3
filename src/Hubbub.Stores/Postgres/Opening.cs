using System.Net.Sockets;
using Hubbub.Core.Log;
using Hubbub.Stores.Postgres.Driver;
using Hubbub.Stores.Postgres.Schema;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hubbub.Stores.Postgres;

/// <summary>The way from an address to a working store; every step that can fail does so with a sentence, and leaves nothing open.</summary>
internal static partial class Opening
{
    /// <summary>Between two attempts to reach a server that is not up yet.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public static async Task<PostgresStore> OpenAsync(
        PostgresOptions options, IReadOnlyList<string> scripts, TimeProvider time, ILogger logger, CancellationToken ct)
    {
        var calls = new Calls(options);
        try
        {
            await ReachAsync(calls, options, time, logger, ct);
            await MigrateAsync(calls, scripts, logger, ct);
            await WarnOfLossAsync(calls, logger, ct);
            return new PostgresStore(calls, time, logger);
        }
        catch
        {
            await calls.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits for a server that is away or only starting, as when everything is started at once; any other refusal is final.</summary>
    private static async Task ReachAsync(Calls calls, PostgresOptions options, TimeProvider time, ILogger logger, CancellationToken ct)
    {
        var begun = time.GetTimestamp();
        for (var attempts = 1; ; attempts++)
        {
            try
            {
                await calls.AskAsync(connection => connection.Command("SELECT 1").OneAsync(rows => rows.GetInt32(0)), ct);
                return;
            }
            catch (StoreException e) when (MayComeUp(e.InnerException) && time.GetElapsedTime(begun) + Pause < options.StartTimeout)
            {
                if (attempts == 1)
                    Log.Waiting(logger, calls.Server, options.StartTimeout.TotalSeconds);
                await Task.Delay(Pause, ct);
            }
        }
    }

    private static bool MayComeUp(Exception? failure) => failure switch
    {
        PostgresException refused => refused.SqlState == PostgresErrorCodes.CannotConnectNow,
        NpgsqlException { InnerException: SocketException or IOException or TimeoutException } => true,
        _ => failure is SocketException or IOException or TimeoutException,
    };

    private static async Task MigrateAsync(Calls calls, IReadOnlyList<string> scripts, ILogger logger, CancellationToken ct)
    {
        var found = await calls.AskAsync(SchemaVersions.FindAsync, ct);
        for (var version = found; version != scripts.Count;)
        {
            if (version > scripts.Count)
                throw Sentences.Newer(calls.Server, version, scripts.Count);
            version = await calls.ChangeAsync(connection => SchemaVersions.ApplyNextAsync(connection, scripts), ct);
            if (version == scripts.Count)
                Log.Migrated(logger, calls.Server, found, version);
        }
    }

    /// <summary>An acknowledgement promises that the event is on disk, which these two settings of the server would break silently.</summary>
    private static async Task WarnOfLossAsync(Calls calls, ILogger logger, CancellationToken ct)
    {
        var (fsync, commit) = await calls.AskAsync(
            connection => connection.Command("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
                .OneAsync(rows => (rows.GetString(0), rows.GetString(1))),
            ct);
        if (fsync == "off")
            Log.NotDurable(logger, calls.Server, "fsync");
        if (commit == "off")
            Log.NotDurable(logger, calls.Server, "synchronous_commit");
    }

    private static partial class Log
    {
        [LoggerMessage(50, LogLevel.Warning, "PostgreSQL at {Server} cannot be reached yet; trying for {Seconds} s.")]
        public static partial void Waiting(ILogger logger, string server, double seconds);

        [LoggerMessage(51, LogLevel.Information, "The database {Server} was at schema version {From} and is at {To} now.")]
        public static partial void Migrated(ILogger logger, string server, int from, int to);

        [LoggerMessage(52, LogLevel.Warning, "PostgreSQL at {Server} runs with {Setting} = off: messages that were acknowledged are lost when it crashes.")]
        public static partial void NotDurable(ILogger logger, string server, string setting);
    }
}
