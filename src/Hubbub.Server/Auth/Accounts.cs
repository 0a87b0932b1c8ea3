using System.Net;
using System.Net.Sockets;
using Hubbub.Core.People;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Server.Auth;

/// <summary>
/// Names and passwords: making an account, signing in, changing the password, signing out everywhere. Unknown names and wrong passwords are answered alike, in text and in time, and whoever tries
/// again and again waits longer and longer; the account's owner, who comes from another address, does not. Thread-safe.
/// </summary>
public sealed partial class Accounts(
    IPeople people, Passwords passwords, Amendments amendments, Tokens tokens, TokenOptions tokenOptions, AccountOptions options, TimeProvider time, ILogger<Accounts> logger)
{
    private static readonly Refusal NotAllowed = Refusals.Forbidden("Nobody can make an account here; ask whoever runs this server.");
    private static readonly Refusal NotOurs = Refusals.Forbidden("You are signed in by your application: accounts, and signing out, are its own.");

    /// <summary>Names that are tried for who comes from another place.</summary>
    private const int MaxNames = 10;

    /// <summary>More than clocks of nodes differ.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromHours(1);

    private readonly Brake<(string Account, IPAddress Address)> _guesses = new(options.FreeAttempts, options.LongestPause, time);
    private readonly Brake<IPAddress> _addresses = new(options.FreeAttemptsPerAddress, options.LongestPause, time);

    public bool AllowsSignUp => options.AllowSignUp ?? tokenOptions.AllowGuests;

    /// <summary>Makes an account; a guest's keeps the guest's id.</summary>
    /// <param name="guest">Who asks; null for nobody.</param>
    /// <param name="asked">Name (null: the guest's), password and handle as they were sent.</param>
    /// <param name="address">Where from.</param>
    /// <param name="ct">Who asks has gone.</param>
    public async ValueTask<Outcome<SignIn>> CreateAsync(Caller? guest, NewAccount asked, IPAddress? address, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(asked);
        if (guest is not null && !Guests.IsOurs(guest.User.Id))
            return NotOurs;
        if (!AllowsSignUp)
            return NotAllowed;
        var (name, password, handle) = (asked.Name ?? guest?.User.Name, asked.Password, asked.Handle);
        if (AccountRules.CheckName(name) is { } badName)
            return badName;
        if (AccountRules.CheckHandle(handle) is { } badHandle)
            return badHandle;
        if (AccountRules.CheckPassword(password, name, handle) is { } badPassword)
            return badPassword;

        // Looked at before the costly part; what is true is decided when it is kept.
        if (guest is not null && await people.FindAsync(guest.User.Id, ct) is not null)
            return Refusals.HasAccount;
        if (await people.FindByNameAsync(AccountRules.KeyOf(name), ct) is not null || (handle is not null && await people.FindByNameAsync(AccountRules.KeyOf(handle), ct) is not null))
            return Refusals.NameTaken;
        if (Counted(address) is { } counted && _addresses.TryBegin(counted) is { } wait)
            return TooMany(counted, wait);
        var hashing = await passwords.HashAsync(password, ct);
        if (!hashing.Is(out var hash, out var busy))
            return busy;

        var user = new User(guest?.User.Id ?? Guests.DrawId(), name);
        switch (await people.CreateAsync(new Account(user, handle, hash, 0, time.GetUtcNow()), null, ct))
        {
            case Registration.NameTaken:
                return Refusals.NameTaken;
            case Registration.HasAccount:
                return Refusals.HasAccount;
        }

        LogCreated(user.Id);

        // Older tokens of the guest say the old name, if that is another; and whoever signed out everywhere a moment ago meant these too.
        var account = await people.FindAsync(user.Id, ct);
        return account is null ? Refusals.StoreUnavailable : SignInOf(account, guest?.Generation ?? account.Generation);
    }

    /// <summary>Signs in by name (or handle) and password.</summary>
    public async ValueTask<Outcome<SignIn>> SignInAsync(string? name, string? password, IPAddress? address, CancellationToken ct)
    {
        if (name is null || password is null)
            return Refusals.BadRequest("Signing in takes 'name' and 'password'.");

        // What can be nobody's name or password goes the same way as what merely is not.
        var key = AccountRules.KeyOf(name);
        if (Begin(key, address) is { } tooMany)
            return tooMany;
        var account = key.Length > 0 ? await people.FindByNameAsync(key, ct) : null;
        var checking = await passwords.CheckAsync(HashOf(account), Bounded(password), ct);
        if (!checking.Is(out var verdict, out var busy))
        {
            TakeBack(key, address);
            return busy;
        }

        if (!verdict.IsRight || account is null)
            return Refusals.BadCredentials;
        Forgive(key, address);
        return SignInOf(account, account.Generation);
    }

    /// <summary>Signs in somebody of whom another place has said who they are, and makes them an account the first time.</summary>
    /// <param name="identity">Who they are there; its word was checked.</param>
    /// <param name="name">What they are called there, which may be taken here, or be no name at all.</param>
    /// <param name="ct">Who asks has gone.</param>
    public async ValueTask<Outcome<SignIn>> SignInAsync(OutsideIdentity identity, string? name, CancellationToken ct)
    {
        for (var attempt = 1; attempt <= MaxNames; attempt++)
        {
            if (await people.FindByIdentityAsync(identity, ct) is { } known)
                return SignInOf(known, known.Generation);
            var account = new Account(new User(Guests.DrawId(), NameFor(name, attempt)), null, "", 0, time.GetUtcNow());

            // Taken: the next name. An account already: they have signed in twice at once, and are found the next time.
            if (await people.CreateAsync(account, identity, ct) == Registration.Created)
            {
                LogCreated(account.User.Id);
                return SignInOf(account, 0);
            }
        }

        return Refusals.NameTaken;
    }

    /// <summary>Puts a new password in the place of the old one. Every token of before ends; the answer has one that counts.</summary>
    public async ValueTask<Outcome<SignIn>> ChangePasswordAsync(Caller caller, string? password, string? newPassword, IPAddress? address, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(caller);
        if (password is null || newPassword is null)
            return Refusals.BadRequest("Changing the password takes 'password', the present one, and 'newPassword'.");
        if (!Guests.IsOurs(caller.User.Id))
            return NotOurs;
        if (await people.FindAsync(caller.User.Id, ct) is not { } account)
            return Refusals.NoAccount;
        if (AccountRules.CheckPassword(newPassword, account.User.Name, account.Handle) is { } malformed)
            return malformed;
        var key = caller.User.Id.Value;
        if (Begin(key, address) is { } tooMany)
            return tooMany;
        var checking = await passwords.CheckAsync(HashOf(account), Bounded(password), ct);
        if (!checking.Is(out var verdict, out var busy))
        {
            TakeBack(key, address);
            return busy;
        }

        if (!verdict.IsRight)
            return Refusals.BadCredentials with { Message = "That is not your present password." };
        Forgive(key, address);
        var hashing = await passwords.HashAsync(newPassword, ct);
        if (!hashing.Is(out var hash, out busy))
            return busy;

        // Somebody else changed it in these moments: what was checked is not the password any more.
        if (await people.ChangePasswordAsync(account.User.Id, account.PasswordHash, hash, Until(), ct) is not { } generation)
            return Refusals.BadCredentials with { Message = "That is not your present password." };
        LogPasswordChanged(account.User.Id);
        await amendments.RefreshAsync(ct);
        return SignInOf(account, generation);
    }

    /// <summary>Ends every token that the caller has, at every node within seconds. For a guest that is the end: nobody can be them again.</summary>
    public async ValueTask<Refusal?> SignOutEverywhereAsync(Caller caller, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(caller);
        if (!Guests.IsOurs(caller.User.Id))
            return NotOurs;
        await people.SignOutAsync(caller.User.Id, Until(), ct);
        LogSignedOut(caller.User.Id);
        await amendments.RefreshAsync(ct);
        return null;
    }

    /// <summary>"Ann", "Ann 2" … and then with something random behind it.</summary>
    private static string NameFor(string? name, int attempt)
    {
        var wanted = name is not null && AccountRules.CheckName(name) is null ? name : "Somebody";
        var suffix = attempt == 1 ? "" : attempt < MaxNames - 2 ? $" {attempt}" : $" {Guests.DrawId().Value[^6..]}";
        return wanted.Length + suffix.Length <= Texts.MaxNameLength ? wanted + suffix : $"Somebody{suffix}";
    }

    /// <summary>Null for who has no password: whatever is tried is wrong.</summary>
    private static string? HashOf(Account? account) => account is { PasswordHash.Length: > 0 } ? account.PasswordHash : null;

    private SignIn SignInOf(Account account, long generation)
    {
        var issued = tokens.Issue(account.User, options.Lifetime, generation);
        return new SignIn(new Caller(account.User, issued.ExpiresAt, Generation: generation), issued.Token);
    }

    /// <summary>When the last token that was made until now will have expired.</summary>
    internal DateTimeOffset Until() => time.GetUtcNow() + (options.Lifetime > tokenOptions.GuestLifetime ? options.Lifetime : tokenOptions.GuestLifetime) + Margin;

    private Refusal? Begin(string key, IPAddress? address)
    {
        var from = Grouped(address);
        if (_guesses.TryBegin((key, from)) is { } wait)
            return TooMany(from, wait);
        if (Counted(address) is { } counted && _addresses.TryBegin(counted) is { } longer)
        {
            _guesses.TakeBack((key, from));
            return TooMany(counted, longer);
        }

        return null;
    }

    private void TakeBack(string key, IPAddress? address)
    {
        _guesses.TakeBack((key, Grouped(address)));
        if (Counted(address) is { } counted)
            _addresses.TakeBack(counted);
    }

    /// <summary>The account's own guesses are forgiven; the address's are not: whoever has an account of their own could guess at others' for ever.</summary>
    private void Forgive(string key, IPAddress? address)
    {
        _guesses.Forget((key, Grouped(address)));
        if (Counted(address) is { } counted)
            _addresses.TakeBack(counted);
    }

    private Refusal TooMany(IPAddress address, TimeSpan wait)
    {
        LogTooMany(address, (int)Math.Ceiling(wait.TotalSeconds));
        return Refusals.RateLimited("Too many attempts; wait a little before the next.") with { RetryAfter = wait };
    }

    /// <summary>Whom an address is counted as: of IPv6 the network, since one customer has 2^64 addresses of it.</summary>
    private static IPAddress Grouped(IPAddress? address)
    {
        if (address is null)
            return IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }

    /// <summary>Null for this machine's own address: it is a proxy's, as a rule, and all its clients would be one.</summary>
    private static IPAddress? Counted(IPAddress? address) => address is null || IPAddress.IsLoopback(address) ? null : Grouped(address);

    /// <summary>No password is longer; a longer one is wrong and costs no more.</summary>
    private static string Bounded(string password) => password.Length <= AccountRules.MaxPasswordLength ? password : "";

    [LoggerMessage(LogLevel.Information, "{User} has made an account")]
    private partial void LogCreated(UserId user);

    [LoggerMessage(LogLevel.Information, "{User} has changed their password; their older tokens end")]
    private partial void LogPasswordChanged(UserId user);

    [LoggerMessage(LogLevel.Information, "{User} has signed out everywhere")]
    private partial void LogSignedOut(UserId user);

    [LoggerMessage(LogLevel.Information, "{Address} tries too many passwords, or makes too many accounts, and must wait {Seconds} s")]
    private partial void LogTooMany(IPAddress address, int seconds);
}
