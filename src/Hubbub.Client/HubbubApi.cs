using System.Globalization;
using System.Text.Json;
using Hubbub.Client.Wire;
using Hubbub.Protocol;

namespace Hubbub.Client;

/// <summary>A page of a room's log.</summary>
/// <param name="Events">Ascending, without holes.</param>
/// <param name="Position">What to ask <c>after</c> next.</param>
/// <param name="Head">The newest sequence.</param>
/// <param name="Gap">Set when the story asked for cannot go on; then there are no events.</param>
public sealed record RoomPage(IReadOnlyList<RoomEvent> Events, Position Position, long Head, RoomUpdate.Gap? Gap = null)
{
    /// <summary>All that stood in it, events of a later protocol too, of which only the place is known.</summary>
    internal IReadOnlyList<(Position At, RoomEvent? Event)> Entries { get; init; } = [];
}

/// <summary>Who is asked for with a token.</summary>
/// <param name="User">The user.</param>
/// <param name="ExpiresAt">When the token ends.</param>
public sealed record Identity(User User, DateTimeOffset? ExpiresAt);

/// <summary>What signing in gives.</summary>
/// <param name="Token">Give it to <see cref="HubbubClientOptions.Token"/>. It is the identity: keep it secret.</param>
/// <param name="User">Who one is with it.</param>
/// <param name="ExpiresAt">When it ends.</param>
public sealed record SignIn(string Token, User User, DateTimeOffset ExpiresAt)
{
    /// <summary>Without the token, for it may end up in a log.</summary>
    public override string ToString() => $"Signed in as {User.Id}";
}

/// <summary>What everybody may see of somebody.</summary>
/// <param name="User">Id and present name.</param>
/// <param name="HasAccount">Whether they have an account there.</param>
/// <param name="Color"><c>#rrggbb</c>; null for none.</param>
/// <param name="Avatar">The address of their picture, from the server's root; null for none.</param>
/// <param name="LastSeen">When they last had a live connection.</param>
/// <param name="IsPresent">Whether they have one now.</param>
public sealed record Profile(User User, bool HasAccount, string? Color, string? Avatar, DateTimeOffset LastSeen, bool IsPresent);

/// <summary>The HTTP API, call by call (docs/protocol.md § 7). Every call fails with <see cref="HubbubException"/> when it is refused or does not get through. Thread-safe.</summary>
public sealed class HubbubApi
{
    private readonly Http _http;

    internal HubbubApi(Http http) => _http = http;

    public async Task<Identity> MeAsync(CancellationToken ct = default)
    {
        var me = await _http.AskAsync(HttpMethod.Get, "/api/me", ct: ct);
        return new Identity(
            me.Person("user") ?? throw Strange(), DateTimeOffset.TryParse(me.Text("expiresAt"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null);
    }

    /// <summary>Makes an account: the caller's own, who is a guest and keeps their id.</summary>
    /// <param name="name">What they are called; nobody else's.</param>
    /// <param name="password">8–128 characters.</param>
    /// <param name="handle">A second name to sign in with; null for none.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<SignIn> CreateAccountAsync(string name, string password, string? handle = null, CancellationToken ct = default) =>
        ReadSignIn(await _http.AskAsync(HttpMethod.Post, "/api/accounts", new { name, password, handle }, ct: ct));

    /// <summary>Signs in by name (or handle) and password; the token is for a client of its own, as this one stays whose it is. Fails with <c>bad_credentials</c>, or <c>rate_limited</c> for a while.</summary>
    public async Task<SignIn> SignInAsync(string name, string password, CancellationToken ct = default) =>
        ReadSignIn(await _http.AskAsync(HttpMethod.Post, "/api/login", new { name, password }, asNobody: true, ct: ct));

    /// <summary>Puts a new password in the place of the present one. Every older token ends within seconds, this client's too: go on with the one that is returned.</summary>
    public async Task<SignIn> ChangePasswordAsync(string password, string newPassword, CancellationToken ct = default) =>
        ReadSignIn(await _http.AskAsync(HttpMethod.Put, "/api/me/password", new { password, newPassword }, ct: ct));

    /// <summary>Ends every token that the caller has, and with them every connection, everywhere. A guest cannot come back.</summary>
    public Task SignOutEverywhereAsync(CancellationToken ct = default) => _http.AskAsync(HttpMethod.Post, "/api/logout-everywhere", ct: ct);

    public async Task<Profile> ProfileAsync(UserId user, CancellationToken ct = default) =>
        ReadProfile(await _http.AskAsync(HttpMethod.Get, $"/api/users/{Uri.EscapeDataString(user.Value)}", ct: ct));

    /// <summary>Changes what the caller shows of themselves; null leaves as it is, an empty colour is none. A new name is in what they say from now on.</summary>
    public async Task<Profile> ChangeProfileAsync(string? name = null, string? color = null, CancellationToken ct = default) =>
        ReadProfile(await _http.AskAsync(HttpMethod.Patch, "/api/me", new { name, color }, ct: ct));

    /// <summary>Shows this picture: PNG, JPEG or WebP, at most 512 KiB and 1024 × 1024 pixels.</summary>
    public async Task<Profile> SetAvatarAsync(ReadOnlyMemory<byte> picture, CancellationToken ct = default) =>
        ReadProfile(await _http.AskAsync(HttpMethod.Put, "/api/me/avatar", picture, ct: ct));

    public Task RemoveAvatarAsync(CancellationToken ct = default) => _http.AskAsync(HttpMethod.Delete, "/api/me/avatar", ct: ct);

    /// <summary>Whom the caller has blocked, at most 1000: what they say is for the application to hide.</summary>
    public async Task<IReadOnlyList<UserId>> BlocksAsync(CancellationToken ct = default)
    {
        var answer = await _http.AskAsync(HttpMethod.Get, "/api/me/blocks", ct: ct);
        return answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("blocks", out var blocks) && blocks.ValueKind == JsonValueKind.Array
            ? [.. blocks.EnumerateArray().Select(b => UserId.TryParse(b.Text("user"), out var id) ? id : throw Strange())]
            : throw Strange();
    }

    public Task BlockAsync(UserId user, CancellationToken ct = default) => _http.AskAsync(HttpMethod.Put, $"/api/me/blocks/{Uri.EscapeDataString(user.Value)}", ct: ct);

    public Task UnblockAsync(UserId user, CancellationToken ct = default) => _http.AskAsync(HttpMethod.Delete, $"/api/me/blocks/{Uri.EscapeDataString(user.Value)}", ct: ct);

    /// <summary>Makes a room, whose owner the caller is then.</summary>
    public Task CreateRoomAsync(RoomId room, string? name = null, Visibility visibility = Visibility.Public, Consistency consistency = Consistency.Strong, CancellationToken ct = default) =>
        _http.AskAsync(
            HttpMethod.Post, "/api/rooms",
            new { id = room.Value, name, visibility = visibility == Visibility.Private ? "private" : "public", consistency = consistency == Consistency.Relaxed ? "relaxed" : "strong" }, ct: ct);

    /// <summary>Becomes a member of a public room.</summary>
    public Task JoinAsync(RoomId room, CancellationToken ct = default) => _http.AskAsync(HttpMethod.Put, $"/api/rooms/{room}/members/me", ct: ct);

    /// <summary>Ends a membership: another's (owners), or one's own.</summary>
    public Task RemoveAsync(RoomId room, UserId user, CancellationToken ct = default) =>
        _http.AskAsync(HttpMethod.Delete, $"/api/rooms/{room}/members/{Uri.EscapeDataString(user.Value)}", ct: ct);

    /// <summary>Makes an invitation into a room (owners), and returns its token.</summary>
    public async Task<string> InviteAsync(RoomId room, CancellationToken ct = default) =>
        (await _http.AskAsync(HttpMethod.Post, $"/api/rooms/{room}/invitations", new { }, ct: ct)).Text("token") ?? throw Strange();

    /// <summary>Takes an invitation: the caller is a member then.</summary>
    public Task AcceptAsync(string invitation, CancellationToken ct = default) => _http.AskAsync(HttpMethod.Post, $"/api/invitations/{Uri.EscapeDataString(invitation)}", ct: ct);

    /// <summary>Posts once; the same key again is the same message.</summary>
    public async Task<Position> PostAsync(RoomId room, string text, string? key = null, CancellationToken ct = default) =>
        (await _http.AskAsync(HttpMethod.Post, $"/api/rooms/{room}/messages", new { message = text, key }, ct: ct)).At("id") ?? throw Strange();

    public async Task<Position> EditAsync(RoomId room, Position message, string text, string? key = null, CancellationToken ct = default) =>
        (await _http.AskAsync(HttpMethod.Patch, $"/api/rooms/{room}/messages/{message}", new { message = text, key }, ct: ct)).At("id") ?? throw Strange();

    public async Task<Position> DeleteAsync(RoomId room, Position message, CancellationToken ct = default) =>
        (await _http.AskAsync(HttpMethod.Delete, $"/api/rooms/{room}/messages/{message}", ct: ct)).At("id") ?? throw Strange();

    public Task MarkReadAsync(RoomId room, Position position, CancellationToken ct = default) =>
        _http.AskAsync(HttpMethod.Put, $"/api/rooms/{room}/read", new { position = position.ToString() }, ct: ct);

    public Task TypingAsync(RoomId room, CancellationToken ct = default) => _http.AskAsync(HttpMethod.Post, $"/api/rooms/{room}/typing", ct: ct);

    /// <summary>A page of the log; with none of the first three, what comes from now on, which is nothing yet.</summary>
    public async Task<RoomPage> PageAsync(RoomId room, Position? after, Position? before, int? last, int limit, CancellationToken ct = default)
    {
        var from = after is { } a ? $"after={Word(a)}&" : before is { } b ? $"before={Word(b)}&" : last is { } l ? $"last={l}&" : "";
        return ReadPage(room, await _http.AskAsync(HttpMethod.Get, $"/api/rooms/{room}/events?{from}limit={limit}", ct: ct));
    }

    /// <summary>The word that asks for a position: the beginning of whatever life has one of its own.</summary>
    internal static string Word(Position position) => position == Position.Start ? "0" : position.ToString();

    internal static RoomPage ReadPage(RoomId room, JsonElement answer)
    {
        var entries = new List<(Position At, RoomEvent? Event)>();
        if (answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("events", out var listed) && listed.ValueKind == JsonValueKind.Array)
        {
            foreach (var one in listed.EnumerateArray())
            {
                if (one.At("id") is { } at)
                    entries.Add((at, WireJson.Event(one.Text("type"), one)));
            }
        }

        RoomUpdate.Gap? gap = null;
        if (answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("gap", out var told) && told.At("from") is { } from && told.At("to") is { } to)
            gap = new RoomUpdate.Gap(from, to, told.Text("reason") ?? "");
        return new RoomPage([.. entries.Select(e => e.Event).OfType<RoomEvent>()], answer.At("position") ?? throw Strange(), answer.Number("head") ?? 0, gap) { Entries = entries };
    }

    private static SignIn ReadSignIn(JsonElement answer) =>
        answer.Text("token") is { } token && answer.Person("user") is { } user
        && DateTimeOffset.TryParse(answer.Text("expiresAt"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expiresAt)
            ? new SignIn(token, user, expiresAt)
            : throw Strange();

    private static Profile ReadProfile(JsonElement answer) =>
        UserId.TryParse(answer.Text("id"), out var id) && answer.Text("name") is { } name
        && DateTimeOffset.TryParse(answer.Text("lastSeen"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var lastSeen)
            ? new Profile(new User(id, name), IsTrue(answer, "account"), answer.Text("color"), answer.Text("avatar"), lastSeen, IsTrue(answer, "present"))
            : throw Strange();

    private static bool IsTrue(JsonElement answer, string field) => answer.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.True;

    private static HubbubException Strange() => new("bad_answer", "The answer was not of the protocol.", 200, retryable: true);
}
