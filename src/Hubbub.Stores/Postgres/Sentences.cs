using Hubbub.Core.Log;
using Npgsql;

namespace Hubbub.Stores.Postgres;

/// <summary>Says what failed and what to do about it, to the operator who reads the log or the terminal. Never a password.</summary>
internal static class Sentences
{
    /// <param name="failure">What the driver threw.</param>
    /// <param name="server">Host, port and database.</param>
    /// <param name="user">Who connects.</param>
    /// <param name="deadline">What a call was given.</param>
    public static StoreException Of(Exception failure, string server, string user, TimeSpan deadline)
    {
        var sentence = failure switch
        {
            PostgresException refused => Of(refused, server, user),
            TimeoutException or { InnerException: TimeoutException } =>
                $"PostgreSQL at {server} did not answer within {deadline.TotalSeconds:0.#} s: see whether it runs, is overloaded, or waits for a lock.",
            ObjectDisposedException => "The store is closed.",
            NpgsqlException { InnerException: null } => $"PostgreSQL at {server} cannot be used ({failure.Message.TrimEnd('.')}).",
            _ => $"PostgreSQL at {server} cannot be reached ({Reason(failure)}): see whether it runs and the address is right.",
        };
        return new StoreException(sentence, failure);
    }

    public static StoreException Newer(string server, long found, long known) =>
        new($"The database {server} was migrated by a newer hubbub (schema version {found}; this one knows {known}). "
            + "Run the newer hubbub, or restore an older backup.");

    public static StoreException Closed() => new("The store is closed.");

    public static StoreException TooManyCalls(int limit) => new($"The store is behind: {limit} calls wait already. Nothing was stored.");

    private static string Of(PostgresException refused, string server, string user) => refused.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            $"PostgreSQL at {server} does not let '{user}' in ({refused.MessageText}): check user and password.",
        PostgresErrorCodes.InvalidCatalogName => $"PostgreSQL at {server} has no such database: create it, or correct the address.",
        PostgresErrorCodes.InsufficientPrivilege =>
            $"The user '{user}' may not do in the database {server} what hubbub needs ({refused.MessageText}): grant it CREATE on the database "
            + "for the start that makes or migrates the schema 'hubbub', or let it own that schema.",
        PostgresErrorCodes.TooManyConnections =>
            $"PostgreSQL at {server} has no connection left for this node: raise its max_connections, or run fewer clients.",
        PostgresErrorCodes.DiskFull or PostgresErrorCodes.OutOfMemory or PostgresErrorCodes.InsufficientResources =>
            $"PostgreSQL at {server} has run out of space or memory ({refused.MessageText}).",
        PostgresErrorCodes.ReadOnlySqlTransaction => $"PostgreSQL at {server} is a standby or read-only: give the address of the primary.",
        PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable =>
            $"PostgreSQL at {server} gave up ({refused.MessageText}): see whether it is overloaded, or another session holds a lock.",
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow =>
            $"PostgreSQL at {server} is stopping or starting ({refused.MessageText}).",
        _ => $"PostgreSQL at {server} failed ({refused.SqlState}: {refused.MessageText}).",
    };

    private static string Reason(Exception failure) => (failure.InnerException ?? failure).Message.TrimEnd('.');
}
