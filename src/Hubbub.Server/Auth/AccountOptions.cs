namespace Hubbub.Server.Auth;

/// <summary>Who may have an account, and what signing in may cost. Configuration section <c>Hubbub:Accounts</c>.</summary>
public sealed class AccountOptions
{
    public const string Section = "Hubbub:Accounts";

    /// <summary>Whether anybody may make an account; null: where guests are allowed. Those who have one sign in either way.</summary>
    public bool? AllowSignUp { get; set; }

    /// <summary>How long a token of an account lives.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Rounds of PBKDF2 with HMAC-SHA512 that a password costs, some 0.1 s of a core; a million at most. What was hashed with another number is still known.</summary>
    public int HashIterations { get; set; } = 210_000;

    /// <summary>Passwords that are hashed at once; 0: a quarter of the cores, one at least.</summary>
    public int MaxHashes { get; set; }

    /// <summary>Passwords that may wait to be hashed; more are refused with <c>overloaded</c>.</summary>
    public int MaxWaitingHashes { get; set; } = 32;

    /// <summary>Wrong passwords for one account from one address before the next must wait.</summary>
    public int FreeAttempts { get; set; } = 5;

    /// <summary>Wrong passwords, and new accounts, from one address before the next must wait. This machine's own address, a proxy's as a rule, is not counted.</summary>
    public int FreeAttemptsPerAddress { get; set; } = 50;

    /// <summary>The longest that one must wait; it begins with a second and doubles each time.</summary>
    public TimeSpan LongestPause { get; set; } = TimeSpan.FromMinutes(5);

    /// <exception cref="AuthSetupException">A value makes no sense.</exception>
    internal void Check()
    {
        if (Lifetime < TimeSpan.FromMinutes(1) || Lifetime > TimeSpan.FromDays(3650))
            throw new AuthSetupException($"{Section}:Lifetime is {Lifetime}; it may be a minute to ten years.");
        if (HashIterations is < 1_000 or > 1_000_000)
            throw new AuthSetupException($"{Section}:HashIterations is {HashIterations}; it may be 1 000 to 1 000 000.");
        if (MaxHashes < 0 || MaxWaitingHashes < 0 || FreeAttempts < 1 || FreeAttemptsPerAddress < 1 || LongestPause < TimeSpan.FromSeconds(1) || LongestPause > TimeSpan.FromDays(1))
            throw new AuthSetupException($"{Section}: a limit is out of its range (docs/operations.md).");
    }
}
