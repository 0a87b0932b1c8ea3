using System.Security.Cryptography;
using Hubbub.Core.People;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Microsoft.AspNetCore.Identity;

namespace Hubbub.Server.Auth;

/// <summary>
/// Hashes and checks passwords (PBKDF2, by ASP.NET Core's own hasher). Each costs some 0.1 s of a core on purpose, so only a few run at once, on threads of their own that nobody else waits for, and only so
/// many may wait: a flood of logins refuses logins and delays nobody's message. Thread-safe.
/// </summary>
public sealed class Passwords : IDisposable
{
    private static readonly Refusal Busy = Refusals.Overloaded with { Message = "Too many passwords are being checked just now; try again shortly." };

    private readonly IPasswordHasher<Account> _hasher;
    private readonly SemaphoreSlim _free;
    private readonly int _most;
    private readonly Lazy<string> _nobodys;
    private int _waiting;

    public Passwords(IPasswordHasher<Account> hasher, AccountOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _hasher = hasher;
        var atOnce = options.MaxHashes > 0 ? options.MaxHashes : Math.Max(1, Environment.ProcessorCount / 4);
        _free = new SemaphoreSlim(atOnce);
        _most = atOnce + options.MaxWaitingHashes;
        _nobodys = new Lazy<string>(() => _hasher.HashPassword(null!, RandomNumberGenerator.GetHexString(32)));
    }

    /// <summary>The hash to keep, with a salt of its own; or that too many wait.</summary>
    public ValueTask<Outcome<string>> HashAsync(string password, CancellationToken ct) => RunAsync(() => _hasher.HashPassword(null!, password), ct);

    /// <summary>Whether the password is the one; or that too many wait.</summary>
    /// <param name="hash">What is kept; null where there is no such account: that takes as long, and is false.</param>
    /// <param name="password">What was given.</param>
    /// <param name="ct">Who asks has gone.</param>
    public async ValueTask<Outcome<Verdict>> CheckAsync(string? hash, string password, CancellationToken ct) => await RunAsync(
        () =>
        {
            // Made before the first check of anybody's, so that the first stranger does not wait longer than the first account.
            var nobodys = _nobodys.Value;
            var isRight = _hasher.VerifyHashedPassword(null!, hash ?? nobodys, password) != PasswordVerificationResult.Failed;
            return new Verdict(isRight && hash is not null);
        },
        ct);

    public void Dispose() => _free.Dispose();

    private async ValueTask<Outcome<T>> RunAsync<T>(Func<T> work, CancellationToken ct)
        where T : class
    {
        if (Interlocked.Increment(ref _waiting) > _most)
        {
            Interlocked.Decrement(ref _waiting);
            return Busy;
        }

        try
        {
            await _free.WaitAsync(ct);
            try
            {
                // A thread of its own: one of the pool's would be missing for 0.1 s where there are two cores and as many threads.
                return await Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }
            finally
            {
                _free.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}

/// <summary>What came of a check.</summary>
public sealed record Verdict(bool IsRight);
