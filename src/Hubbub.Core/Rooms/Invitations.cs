using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Hubbub.Protocol;

namespace Hubbub.Core.Rooms;

/// <summary>
/// Links into private rooms. A token is 192 random bits; the store keeps only its hash, so it is shown once, to its maker. Everyone who has the
/// link may use it until it expires or is revoked.
/// </summary>
public sealed class Invitations(RoomAccess access, Members members, IRoomDirectory directory, RoomsOptions options, TimeProvider time)
{
    private const int TokenBytes = 24;

    /// <returns>The invitation and its token.</returns>
    public async ValueTask<Outcome<MadeInvitation>> MakeAsync(Caller caller, RoomId room, TimeSpan? lifetime, CancellationToken ct)
    {
        var allowed = await access.AuthoriseAsync(caller, room, Act.Invite, ct);
        if (!allowed.Is(out _, out var refusal))
            return refusal;
        if (lifetime is { } asked && (asked < TimeSpan.FromSeconds(1) || asked > options.MaxInvitationLifetime))
            return Refusals.BadRequest($"'expiresIn' is from 1 to {(long)options.MaxInvitationLifetime.TotalSeconds} seconds.");
        var now = time.GetUtcNow();
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        var invitation = new Invitation(
            "i-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), room, HashOf(token), caller.User.Id, now, now + (lifetime ?? options.InvitationLifetime));
        await directory.AddInvitationAsync(invitation, ct);
        return new MadeInvitation(invitation, token);
    }

    public async ValueTask<Outcome<IReadOnlyList<Invitation>>> ListAsync(Caller caller, RoomId room, CancellationToken ct)
    {
        var allowed = await access.AuthoriseAsync(caller, room, Act.Invite, ct);
        if (!allowed.Is(out _, out var refusal))
            return refusal;
        return Outcome<IReadOnlyList<Invitation>>.Of(await directory.InvitationsAsync(room, time.GetUtcNow(), ct));
    }

    public async ValueTask<Refusal?> RevokeAsync(Caller caller, RoomId room, string id, CancellationToken ct)
    {
        var allowed = await access.AuthoriseAsync(caller, room, Act.Invite, ct);
        if (!allowed.Is(out _, out var refusal))
            return refusal;
        return await directory.RevokeInvitationAsync(room, id, ct) ? null : Refusals.InvitationNotFound;
    }

    /// <summary>What a link leads to, for this caller.</summary>
    /// <remarks>A token that has grants may use no other room, whatever the link says.</remarks>
    public async ValueTask<Outcome<OpenInvitation>> LookAsync(Caller caller, string token, CancellationToken ct)
    {
        var looked = await LookAsync(token, ct);
        return looked.Is(out var open, out _) && caller.Grants is { } grants && !grants.TryFind(open.Room.Id, out _) ? Refusals.InvitationNotFound : looked;
    }

    /// <summary>What a link leads to, whoever asks.</summary>
    public async ValueTask<Outcome<OpenInvitation>> LookAsync(string token, CancellationToken ct)
    {
        if (await directory.FindInvitationAsync(HashOf(token), ct) is not { } invitation)
            return Refusals.InvitationNotFound;
        if (invitation.Revoked || time.GetUtcNow() >= invitation.ExpiresAt)
            return Refusals.Gone;
        return await directory.FindAsync(invitation.Room, ct) is { } room ? new OpenInvitation(invitation, room) : Refusals.InvitationNotFound;
    }

    /// <summary>Makes the caller a member, also one who was removed before: an owner's link says otherwise.</summary>
    public async ValueTask<Outcome<Standing>> AcceptAsync(Caller caller, string token, CancellationToken ct)
    {
        var looked = await LookAsync(caller, token, ct);
        if (!looked.Is(out var open, out var refusal))
            return refusal;

        // Present members keep their role: accepting a link must not make an owner a mere member.
        var known = await directory.MembershipAsync(open.Room.Id, caller.User.Id, ct);
        var added = await members.AddAsync(caller, open.Room.Id, known?.Role ?? Role.Member, ct);
        return added.Is(out _, out refusal) ? await access.AuthoriseAsync(caller, open.Room.Id, Act.Read, ct) : refusal;
    }

    private static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}

/// <summary>A new invitation with the token that only its maker ever sees.</summary>
public sealed record MadeInvitation(Invitation Invitation, string Token);

/// <summary>A valid invitation and the room it leads to.</summary>
public sealed record OpenInvitation(Invitation Invitation, Room Room);
