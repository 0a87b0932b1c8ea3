using System.Net.Sockets;
using Hubbub.Core.Log;
using Npgsql;

namespace Hubbub.Stores.Postgres.Driver;

/// <summary>
/// The connections, and the way each call goes: bounded in number and in time, whatever the server or the network does, and every failure becomes a
/// <see cref="StoreException"/>. Thread-safe.
/// </summary>
/// <remarks>
/// A call that is over time is left to itself: it ends by the driver's own timeout, at most a second later, with its connection. No request to
/// cancel follows it, which would be one more packet to a server that does not answer; the server ends the statement by its own clock.
/// </remarks>
internal sealed class Calls : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly PostgresOptions _options;
    private int _waiting;
    private volatile bool _isClosed;

    public Calls(PostgresOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Connections, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxWaitingCalls, 1);
        _options = options;
        var seconds = (int)Math.Ceiling(options.CallTimeout.TotalSeconds);
        var connection = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            Timeout = seconds,
            CommandTimeout = seconds,
            CancellationTimeout = -1,
            MaxPoolSize = options.Connections,
            MaxAutoPrepare = 32,
            AutoPrepareMinUsages = 2,
            ApplicationName = "hubbub",
            IncludeErrorDetail = false,

            // The rules of an append are those of READ COMMITTED, also where another level is the database's default.
            Options = $"-c statement_timeout={seconds}s -c default_transaction_isolation=read\\ committed",
        };
        Server = $"{connection.Host}:{connection.Port}/{connection.Database}";
        User = connection.Username ?? "";
        _source = new NpgsqlDataSourceBuilder(connection.ConnectionString).Build();
    }

    /// <summary>For sentences: host, port and database, without the password.</summary>
    public string Server { get; }

    public string User { get; }

    /// <summary>Asks the database something. A connection that turns out to be dead is tried again once with another, since asking twice does no harm.</summary>
    public Task<T> AskAsync<T>(Func<NpgsqlConnection, Task<T>> ask, CancellationToken ct) => RunAsync(
        async () =>
        {
            try
            {
                return await OnConnectionAsync(ask);
            }
            catch (NpgsqlException e) when (IsDeadConnection(e))
            {
                return await OnConnectionAsync(ask);
            }
        },
        ct);

    /// <summary>Changes the database. Once begun the change goes on, whether or not the caller still waits; it is never tried twice.</summary>
    public Task<T> ChangeAsync<T>(Func<NpgsqlConnection, Task<T>> change, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return RunAsync(() => OnConnectionAsync(change), CancellationToken.None);
    }

    /// <summary>Closes the connections; calls that are under way fail.</summary>
    public ValueTask DisposeAsync()
    {
        _isClosed = true;
        return _source.DisposeAsync();
    }

    private async Task<T> RunAsync<T>(Func<Task<T>> call, CancellationToken ct)
    {
        if (_isClosed)
            throw Sentences.Closed();
        if (Interlocked.Increment(ref _waiting) > _options.MaxWaitingCalls)
        {
            Interlocked.Decrement(ref _waiting);
            throw Sentences.TooManyCalls(_options.MaxWaitingCalls);
        }

        var running = call();
        _ = running.ContinueWith(
            static (ended, calls) =>
            {
                // Looked at, so that the end of a call that nobody waits for any more is no unobserved exception.
                _ = ended.Exception;
                Interlocked.Decrement(ref ((Calls)calls!)._waiting);
            },
            this,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        try
        {
            return await running.WaitAsync(_options.CallTimeout, ct);
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or IOException or TimeoutException or ObjectDisposedException)
        {
            throw Sentences.Of(e, Server, User, _options.CallTimeout);
        }
    }

    private async Task<T> OnConnectionAsync<T>(Func<NpgsqlConnection, Task<T>> call)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return await call(connection);
    }

    /// <summary>The connection was lost, or the server is ending it, as after a restart of the server.</summary>
    private static bool IsDeadConnection(NpgsqlException e) => e switch
    {
        PostgresException p => p.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown,
        _ => e.InnerException is IOException or SocketException,
    };
}
