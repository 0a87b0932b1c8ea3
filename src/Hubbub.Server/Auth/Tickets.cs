using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Server.Auth;

/// <summary>
/// One-use passes for the requests whose headers a browser does not let its page set. A ticket may show up in an address, and so
/// in logs: it opens one stream, within 30 s, and is then worthless. It carries its caller in itself, so any server redeems it;
/// its key is derived for it alone, so it is never a token, nor a token ever a ticket. Thread-safe.
/// </summary>
public sealed class Tickets(SigningKey key, IRoomDirectory directory, TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    /// <summary>In characters. Servers commonly take request lines of 8 KiB, and there is a path beside the ticket.</summary>
    public const int MaxLength = 6 * 1024;

    private static readonly Refusal Unusable =
        Refusals.Unauthenticated with { Message = "The ticket is not valid, or was used before; get a new one for each connection." };

    private static readonly Refusal Expired = Refusals.TokenExpired with { Message = "The ticket has expired; use it within 30 seconds." };

    private static readonly Refusal TooManyGrants = Refusals.BadRequest(
        "The token has too many room grants for a ticket; send the token itself, in a header, a subprotocol or an auth frame.");

    private static readonly byte[] Header = """{"alg":"HS256","typ":"hubbub-ticket"}"""u8.ToArray();
    private static readonly byte[] HeaderText = Base64Url.EncodeToUtf8(Header);

    private readonly byte[] _secret = key.Derive("ticket");

    /// <summary>Makes a ticket that is worth what the caller's token is worth, and no longer.</summary>
    public Outcome<IssuedTicket> Issue(Caller caller)
    {
        var end = time.GetUtcNow() + Lifetime;
        // As exact as it is written down.
        var expiresAt = UnixTime.Whole(end < caller.ExpiresAt ? end : caller.ExpiresAt);

        var payload = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(payload))
        {
            json.WriteStartObject();
            json.WriteString("id", Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)));
            json.WriteNumber("expires", expiresAt.ToUnixTimeMilliseconds());
            json.WriteString("user", caller.User.Id.Value);
            json.WriteString("name", caller.User.Name);
            json.WriteNumber("until", caller.ExpiresAt.ToUnixTimeMilliseconds());
            if (caller.Generation > 0)
                json.WriteNumber(TokenClaims.Generation, caller.Generation);
            if (caller.Grants is { } grants)
                GrantClaims.Write(json, grants);
            json.WriteEndObject();
        }

        var ticket = CompactToken.Sign(Header, payload.WrittenSpan, _secret);
        return ticket.Length <= MaxLength ? new IssuedTicket(ticket, expiresAt) : TooManyGrants;
    }

    /// <summary>Takes a ticket, the first time; the store is asked only about genuine ones.</summary>
    /// <exception cref="Core.Log.StoreException">The store does not say whether the ticket was used.</exception>
    public async ValueTask<Outcome<Caller>> RedeemAsync(string? ticket, CancellationToken ct)
    {
        if (ticket is not { Length: > 0 and <= MaxLength } || Read(ticket) is not { } content)
            return Unusable;

        var now = time.GetUtcNow();
        if (now >= content.ExpiresAt || now >= content.Caller.ExpiresAt)
            return Expired;
        return await directory.TryUseTicketAsync(content.Id, content.ExpiresAt, ct) ? content.Caller : Unusable;
    }

    private Content? Read(string text)
    {
        if (CompactToken.Read(text) is not { } token
            || !token.HeaderText.SequenceEqual(HeaderText)
            || !token.IsSignedWith(_secret)
            || token.DecodePayload() is not { } payload)
        {
            return null;
        }

        // From here on it is our own writing, of this very form: a new form takes a new purpose for its key.
        using var document = JsonDocument.Parse(payload);
        var json = document.RootElement;
        RoomGrants? grants = null;
        if (json.TryGetProperty(GrantClaims.Claim, out var rooms) && !GrantClaims.TryRead(rooms, out grants))
            return null;

        var user = new User(UserId.Parse(json.GetProperty("user").GetString()!), json.GetProperty("name").GetString()!);
        return new Content(
            json.GetProperty("id").GetString()!,
            Time(json, "expires"),
            new Caller(user, Time(json, "until"), grants, json.TryGetProperty(TokenClaims.Generation, out var generation) ? generation.GetInt64() : 0));
    }

    private static DateTimeOffset Time(JsonElement json, string name) =>
        DateTimeOffset.FromUnixTimeMilliseconds(json.GetProperty(name).GetInt64());

    private sealed record Content(string Id, DateTimeOffset ExpiresAt, Caller Caller);
}

public sealed record IssuedTicket(string Ticket, DateTimeOffset ExpiresAt)
{
    /// <summary>Without the ticket, for it may end up in a log.</summary>
    public override string ToString() => $"A ticket until {ExpiresAt:O}";
}
