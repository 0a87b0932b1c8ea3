using Hubbub.Core.People;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Server.Auth;

/// <summary>What people show of themselves: name, colour, picture; and whom they do not want to see. Thread-safe.</summary>
public sealed class Profiles(IPeople people, Amendments amendments, Accounts accounts, LastSeen lastSeen, TimeProvider time)
{
    private static readonly Refusal NameIsTheApplications = Refusals.Forbidden("Your name comes from your application; change it there.");
    private static readonly Refusal OneselfBlocked = Refusals.BadRequest("You cannot block yourself.");

    public async ValueTask<Outcome<Seen>> FindAsync(UserId user, CancellationToken ct) =>
        await people.ProfileAsync(user, ct) is { } profile ? SeenOf(profile) : Refusals.UserNotFound;

    /// <summary>The profiles of those of them who have one.</summary>
    public async ValueTask<IReadOnlyList<Seen>> FindManyAsync(IReadOnlyList<UserId> users, CancellationToken ct) =>
        [.. (await people.ProfilesAsync(users, ct)).Select(SeenOf)];

    /// <summary>Changes name and colour; null leaves as it is. A new name is in what they say from now on, at every node within a second or two; what they said before keeps the old one.</summary>
    public async ValueTask<Outcome<Seen>> ChangeAsync(Caller caller, string? name, string? color, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(caller);
        if (name is not null && !Guests.IsOurs(caller.User.Id))
            return NameIsTheApplications;
        if (name is not null && AccountRules.CheckName(name) is { } badName)
            return badName;
        if (AccountRules.CheckColor(color) is { } badColor)
            return badColor;
        if (!await people.ChangeProfileAsync(caller.User, new ProfileChange(name, color?.ToLowerInvariant()), time.GetUtcNow(), accounts.Until(), ct))
            return Refusals.NameTaken;
        if (name is not null)
            await amendments.RefreshAsync(ct);
        return await FindAsync(caller.User.Id, ct);
    }

    /// <summary>Takes a picture, by its bytes and not by what it is called.</summary>
    public async ValueTask<Outcome<Seen>> SetAvatarAsync(Caller caller, byte[] bytes, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(caller);
        if (!ImageHeader.TryRead(bytes, out var image) || image.MediaType == ImageHeader.Gif)
            return Refusals.BadRequest("A picture is PNG, JPEG or WebP.");
        if (image.Width > ImageHeader.MaxSide || image.Height > ImageHeader.MaxSide)
            return Refusals.TooLarge($"A picture has at most {ImageHeader.MaxSide} × {ImageHeader.MaxSide} pixels; this one has {image.Width} × {image.Height}.");
        await people.SetAvatarAsync(caller.User, new Avatar(ImageHeader.HashOf(bytes), image.MediaType, bytes), time.GetUtcNow(), ct);
        return await FindAsync(caller.User.Id, ct);
    }

    public async ValueTask DropAvatarAsync(Caller caller, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(caller);
        await people.SetAvatarAsync(caller.User, null, time.GetUtcNow(), ct);
    }

    public ValueTask<Avatar?> AvatarAsync(string hash, CancellationToken ct) => people.AvatarAsync(hash, ct);

    public ValueTask<IReadOnlyList<Block>> BlocksAsync(Caller caller, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return people.BlocksAsync(caller.User.Id, ct);
    }

    /// <summary>Blocks somebody, whether or not anything is known of them.</summary>
    public async ValueTask<Refusal?> BlockAsync(Caller caller, UserId blocked, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(caller);
        if (blocked == caller.User.Id)
            return OneselfBlocked;
        return await people.BlockAsync(caller.User.Id, blocked, time.GetUtcNow(), ct) ? null : Refusals.TooManyBlocks(AccountRules.MaxBlocks);
    }

    public ValueTask UnblockAsync(Caller caller, UserId blocked, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return people.UnblockAsync(caller.User.Id, blocked, ct);
    }

    private Seen SeenOf(Profile profile)
    {
        var now = time.GetUtcNow();
        var isPresent = lastSeen.IsHere(profile.User.Id) || profile.LiveUntil > now;
        return new Seen(profile, isPresent, isPresent ? now : profile.LastSeen);
    }
}

/// <summary>A profile as of now.</summary>
/// <param name="Profile">What is kept.</param>
/// <param name="IsPresent">Whether they have a live connection, at any node.</param>
/// <param name="LastSeen">Now, if they are present.</param>
public sealed record Seen(Profile Profile, bool IsPresent, DateTimeOffset LastSeen);
