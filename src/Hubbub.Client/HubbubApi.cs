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
    /// <summary>What has happened to its messages since its last event; only in a page that one begins with.</summary>
    public IReadOnlyList<RoomEvent> Later { get; init; } = [];

    /// <summary>All that stood in it, events of a later protocol too, of which only the place is known.</summary>
    internal IReadOnlyList<(Position At, RoomEvent? Event)> Entries { get; init; } = [];
}

/// <summary>A message that was found, as it stands now.</summary>
/// <param name="Room">Where it was said.</param>
/// <param name="Id">Its place in the room's log.</param>
/// <param name="Sender">Who said it.</param>
/// <param name="SentAt">When; for display.</param>
/// <param name="Text">What.</param>
/// <param name="Highlights">Where in the text the words stand that were looked for; ascending, not overlapping.</param>
public sealed record FoundMessage(RoomId Room, Position Id, User Sender, DateTimeOffset SentAt, string Text, IReadOnlyList<Range> Highlights);

/// <summary>A page of what was found.</summary>
/// <param name="Messages">The newest first.</param>
/// <param name="Next">What asks for the page behind; null if there is nothing more.</param>
public sealed record FoundPage(IReadOnlyList<FoundMessage> Messages, string? Next);

/// <summary>Who is asked for with a token.</summary>
/// <param name="User">The user.</param>
/// <param name="ExpiresAt">When the token ends.</param>
public sealed record Identity(User User, DateTimeOffset? ExpiresAt);

/// <summary>How one may come in.</summary>
/// <param name="Guests">As a guest.</param>
/// <param name="Accounts">By making an account.</param>
/// <param name="OpenIdName">What people call another place to sign in at; null for none.</param>
/// <param name="OpenIdUrl">Where a browser goes for it, from the server's root.</param>
public sealed record WaysIn(bool Guests, bool Accounts, string? OpenIdName, string? OpenIdUrl);

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
            me.Person("user") ?? throw Strange(), me.Time("expiresAt"));
    }

    /// <summary>Makes an account: the caller's own, who is a guest and keeps their id.</summary>
    /// <param name="name">What they are called; nobody else's.</param>
    /// <param name="password">8–128 characters.</param>
    /// <param name="handle">A second name to sign in with; null for none.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<SignIn> CreateAccountAsync(string name, string password, string? handle = null, CancellationToken ct = default) =>
        ReadSignIn(await _http.AskAsync(HttpMethod.Post, "/api/accounts", new { name, password, handle }, ct: ct));

    /// <summary>Needs no token.</summary>
    public async Task<WaysIn> WaysInAsync(CancellationToken ct = default)
    {
        var answer = await _http.AskAsync(HttpMethod.Get, "/api/login", asNobody: true, ct: ct);
        if (answer.ValueKind != JsonValueKind.Object)
            throw Strange();
        var elsewhere = answer.TryGetProperty("openId", out var told) ? told : default;
        return new WaysIn(IsTrue(answer, "guests"), IsTrue(answer, "accounts"), elsewhere.Text("name"), elsewhere.Text("url"));
    }

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

    /// <summary>Of 1–100 users at once, in no particular order; whom the server does not know is left out.</summary>
    public async Task<IReadOnlyList<Profile>> ProfilesAsync(IEnumerable<UserId> users, CancellationToken ct = default)
    {
        var asked = string.Join('&', users.Select(user => $"id={Uri.EscapeDataString(user.Value)}"));
        var answer = await _http.AskAsync(HttpMethod.Get, $"/api/users?{asked}", ct: ct);
        return answer.TryGetProperty("users", out var listed) && listed.ValueKind == JsonValueKind.Array ? [.. listed.EnumerateArray().Select(ReadProfile)] : throw Strange();
    }

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

    /// <summary>The public rooms and the caller's private ones.</summary>
    /// <param name="matching">Only those whose name, topic or id contains this, in upper or lower case; at most 64 characters.</param>
    /// <param name="after">The <see cref="ListedRooms.Next"/> of the page before.</param>
    /// <param name="limit">1–1000.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<ListedRooms> RoomsAsync(string? matching = null, RoomId? after = null, int limit = 100, CancellationToken ct = default)
    {
        var asked = $"limit={limit}{(matching is null ? "" : $"&q={Uri.EscapeDataString(matching)}")}{(after is { } last ? $"&after={last}" : "")}";
        var answer = await _http.AskAsync(HttpMethod.Get, $"/api/rooms?{asked}", ct: ct);
        return new ListedRooms([.. answer.List("rooms").Select(ListedRoom.Read).OfType<ListedRoom>()], RoomId.TryParse(answer.Text("next"), out var next) ? next : null);
    }

    /// <summary>One room.</summary>
    public async Task<ListedRoom> RoomAsync(RoomId room, CancellationToken ct = default) =>
        ListedRoom.Read(await _http.AskAsync(HttpMethod.Get, $"/api/rooms/{room}", ct: ct)) ?? throw Strange();

    /// <summary>Makes a room, whose owner the caller is then.</summary>
    public Task CreateRoomAsync(RoomId room, string? name = null, Visibility visibility = Visibility.Public, Consistency consistency = Consistency.Strong, CancellationToken ct = default) =>
        _http.AskAsync(
            HttpMethod.Post, "/api/rooms",
            new { id = room.Value, name, visibility = visibility == Visibility.Private ? "private" : "public", consistency = consistency == Consistency.Relaxed ? "relaxed" : "strong" }, ct: ct);

    /// <summary>
    /// Opens the room of the caller and 1–7 others, who must be known to the server; the same people always have the same one. The others see it in their lists as soon as something is said.
    /// Fails with <c>forbidden</c> where one of two has blocked the other.
    /// </summary>
    public async Task<RoomId> OpenDirectAsync(IEnumerable<UserId> people, CancellationToken ct = default)
    {
        var answer = await _http.AskAsync(HttpMethod.Post, "/api/direct", new { people = people.Select(p => p.Value).ToArray() }, ct: ct);
        return RoomId.TryParse(answer.Text("id"), out var room) ? room : throw Strange();
    }

    /// <summary>Becomes a member of a public room.</summary>
    public Task JoinAsync(RoomId room, CancellationToken ct = default) => _http.AskAsync(HttpMethod.Put, $"/api/rooms/{room}/members/me", ct: ct);

    /// <summary>Ends a membership: another's (owners), or one's own.</summary>
    public Task RemoveAsync(RoomId room, UserId user, CancellationToken ct = default) =>
        _http.AskAsync(HttpMethod.Delete, $"/api/rooms/{room}/members/{Uri.EscapeDataString(user.Value)}", ct: ct);

    /// <summary>Sends a member away (owners, moderators), who may come back.</summary>
    public Task KickAsync(RoomId room, UserId user, CancellationToken ct = default) => _http.AskAsync(HttpMethod.Post, $"{MemberPath(room, user)}/kick", ct: ct);

    /// <summary>Changes a member's role (owners).</summary>
    public Task ChangeRoleAsync(RoomId room, UserId user, Role role, CancellationToken ct = default) =>
        _http.AskAsync(HttpMethod.Put, MemberPath(room, user), new { role = Protocol.Frames.Words.Of(role) }, ct: ct);

    /// <summary>Keeps somebody from writing (owners, moderators), for 1 second to 30 days.</summary>
    public Task MuteAsync(RoomId room, UserId user, TimeSpan time, CancellationToken ct = default) =>
        _http.AskAsync(HttpMethod.Put, $"{MemberPath(room, user)}/mute", new { seconds = (long)time.TotalSeconds }, ct: ct);

    public Task UnmuteAsync(RoomId room, UserId user, CancellationToken ct = default) => _http.AskAsync(HttpMethod.Delete, $"{MemberPath(room, user)}/mute", ct: ct);

    /// <summary>Makes an invitation into a room (owners), and returns its token.</summary>
    public async Task<string> InviteAsync(RoomId room, CancellationToken ct = default) =>
        (await _http.AskAsync(HttpMethod.Post, $"/api/rooms/{room}/invitations", new { }, ct: ct)).Text("token") ?? throw Strange();

    /// <summary>Takes an invitation: the caller is a member then.</summary>
    public Task AcceptAsync(string invitation, CancellationToken ct = default) => _http.AskAsync(HttpMethod.Post, $"/api/invitations/{Uri.EscapeDataString(invitation)}", ct: ct);

    /// <summary>Posts once; the same key again is the same message.</summary>
    /// <param name="room">The room.</param>
    /// <param name="text">What is said.</param>
    /// <param name="key">The caller's own, unique per message.</param>
    /// <param name="replyTo">The message that it answers.</param>
    /// <param name="thread">The message in whose thread it is to stand.</param>
    /// <param name="ct">Gives up; it may be stored all the same.</param>
    public async Task<Position> PostAsync(RoomId room, string text, string? key = null, Position? replyTo = null, Position? thread = null, IReadOnlyList<string>? files = null, CancellationToken ct = default) =>
        (await _http.AskAsync(
            HttpMethod.Post, $"/api/rooms/{room}/messages", new { message = text, key, replyTo = replyTo?.ToString(), thread = thread?.ToString(), files }, ct: ct)).At("id") ?? throw Strange();

    /// <summary>Uploads a file to a room, for a message to bring (<see cref="RoomSubscription.Post"/>); it waits 24 h for one.</summary>
    /// <param name="room">Where to.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="content">Read from where it stands to its end, and left open.</param>
    /// <param name="progress">Told how many bytes have left.</param>
    /// <param name="thumbnailOf">The picture, uploaded before and brought by no message yet, of which this is a smaller one.</param>
    /// <param name="ct">Cancels it: then nothing of it is kept.</param>
    /// <exception cref="HubbubException">Refused as <c>too_large</c>, <c>too_many_files</c> or <c>no_space</c> among others; nothing is kept.</exception>
    public async Task<AttachedFile> UploadFileAsync(
        RoomId room, string name, Stream content, IProgress<long>? progress = null, string? thumbnailOf = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(name);
        var of = thumbnailOf is null ? "" : $"&thumbnail-of={Uri.EscapeDataString(thumbnailOf)}";
        var answer = await _http.AskAsync(
            HttpMethod.Post, $"/api/rooms/{room}/files?name={Uri.EscapeDataString(name.IsNormalized() ? name : name.Normalize())}{of}", new FileBody(content, progress), within: Timeout.InfiniteTimeSpan, ct: ct);
        return WireJson.File(answer) ?? throw Strange();
    }

    /// <summary>Gives up a file of one's own that no message has.</summary>
    public Task DropFileAsync(RoomId room, string file, CancellationToken ct = default) =>
        _http.AskAsync(HttpMethod.Delete, $"/api/rooms/{room}/files/{Uri.EscapeDataString(file)}", ct: ct);

    /// <summary>Copies a file's bytes into a stream, piece by piece.</summary>
    public async Task DownloadFileAsync(RoomId room, string file, Stream into, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(into);
        using var response = await _http.OpenAsync($"/files/{room}/{Uri.EscapeDataString(file)}/file", "*/*", _http.Base, ct);
        try
        {
            await response.Content.CopyToAsync(into, ct);
        }
        catch (HttpRequestException e)
        {
            throw new HubbubException("network", "The connection broke in the midst of a file.", retryable: true, inner: e);
        }
    }

    /// <summary>A message as it stands.</summary>
    public async Task<MessageState> MessageAsync(RoomId room, Position message, CancellationToken ct = default) =>
        MessageState.Read(await _http.AskAsync(HttpMethod.Get, $"/api/rooms/{room}/messages/{message}", ct: ct)) ?? throw Strange();

    /// <summary>What a message said, first and after each edit, oldest first.</summary>
    public async Task<IReadOnlyList<MessageEdit>> EditsAsync(RoomId room, Position message, CancellationToken ct = default) =>
        [.. (await _http.AskAsync(HttpMethod.Get, $"/api/rooms/{room}/messages/{message}/edits", ct: ct)).List("edits").Select(MessageEdit.Read).OfType<MessageEdit>()];

    public async Task<Position> EditAsync(RoomId room, Position message, string text, string? key = null, CancellationToken ct = default) =>
        (await _http.AskAsync(HttpMethod.Patch, $"/api/rooms/{room}/messages/{message}", new { message = text, key }, ct: ct)).At("id") ?? throw Strange();

    public async Task<Position> DeleteAsync(RoomId room, Position message, CancellationToken ct = default) =>
        (await _http.AskAsync(HttpMethod.Delete, $"/api/rooms/{room}/messages/{message}", ct: ct)).At("id") ?? throw Strange();

    /// <summary>Reacts to a message with an emoji, or <c>:name:</c>; again: nothing changes.</summary>
    public Task ReactAsync(RoomId room, Position message, string emoji, CancellationToken ct = default) =>
        _http.AskAsync(HttpMethod.Put, $"/api/rooms/{room}/messages/{message}/reactions/{Uri.EscapeDataString(emoji)}", ct: ct);

    /// <summary>Takes a reaction back.</summary>
    public Task UnreactAsync(RoomId room, Position message, string emoji, CancellationToken ct = default) =>
        _http.AskAsync(HttpMethod.Delete, $"/api/rooms/{room}/messages/{message}/reactions/{Uri.EscapeDataString(emoji)}", ct: ct);

    /// <summary>Messages of a thread behind a position, with what has happened to them.</summary>
    public async Task<RoomPage> ThreadAsync(RoomId room, Position message, Position? after = null, int limit = 100, CancellationToken ct = default)
    {
        var from = after is { } a ? $"after={Word(a)}&" : "";
        return ReadPage(room, await _http.AskAsync(HttpMethod.Get, $"/api/rooms/{room}/messages/{message}/thread?{from}limit={limit}", ct: ct));
    }

    /// <summary>Pins a message to the room (owners).</summary>
    public Task PinAsync(RoomId room, Position message, CancellationToken ct = default) => _http.AskAsync(HttpMethod.Put, $"/api/rooms/{room}/messages/{message}/pin", ct: ct);

    public Task UnpinAsync(RoomId room, Position message, CancellationToken ct = default) => _http.AskAsync(HttpMethod.Delete, $"/api/rooms/{room}/messages/{message}/pin", ct: ct);

    /// <summary>The pinned messages as they stand, the one pinned last first.</summary>
    public async Task<IReadOnlyList<MessageState>> PinsAsync(RoomId room, CancellationToken ct = default) =>
        [.. (await _http.AskAsync(HttpMethod.Get, $"/api/rooms/{room}/pins", ct: ct)).List("pins").Select(MessageState.Read).OfType<MessageState>()];

    /// <summary>Says to those who keep order what the caller holds against somebody's message, in 1–500 characters; again, while it waits: the same report.</summary>
    /// <returns>The report's id.</returns>
    public async Task<string> ReportAsync(RoomId room, Position message, string reason, CancellationToken ct = default) =>
        (await _http.AskAsync(HttpMethod.Post, $"/api/rooms/{room}/messages/{message}/reports", new { reason }, ct: ct)).Text("id") ?? throw Strange();

    /// <summary>Reports of a room (owners, moderators): those that wait, the oldest first, or those that were decided, the newest first.</summary>
    public async Task<IReadOnlyList<MessageReport>> ReportsAsync(RoomId room, bool resolved = false, CancellationToken ct = default) =>
        [.. (await _http.AskAsync(HttpMethod.Get, $"/api/rooms/{room}/reports{(resolved ? "?resolved=true" : "")}", ct: ct)).List("reports").Select(MessageReport.Read).OfType<MessageReport>()];

    /// <summary>Decides about a report (owners, moderators), and all others of its message that wait.</summary>
    /// <param name="room">The room.</param>
    /// <param name="report">The report's id.</param>
    /// <param name="delete">Whether the message is deleted; otherwise it stays.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<MessageReport> ResolveReportAsync(RoomId room, string report, bool delete, CancellationToken ct = default) =>
        MessageReport.Read(await _http.AskAsync(HttpMethod.Post, $"/api/rooms/{room}/reports/{Uri.EscapeDataString(report)}", new { resolution = delete ? "deleted" : "kept" }, ct: ct)) ?? throw Strange();

    /// <summary>Changes a room (owners); what is null stays as it is.</summary>
    /// <param name="room">The room.</param>
    /// <param name="name">Its name.</param>
    /// <param name="topic">What it is about, at most 1024 bytes; empty for nothing in particular.</param>
    /// <param name="archived">Whether it is in the archive.</param>
    /// <param name="slowModeSeconds">The time between two messages of one member, 0 to 21600.</param>
    /// <param name="ct">Gives up.</param>
    public Task ChangeRoomAsync(RoomId room, string? name = null, string? topic = null, bool? archived = null, int? slowModeSeconds = null, CancellationToken ct = default) =>
        _http.AskAsync(HttpMethod.Patch, $"/api/rooms/{room}", new { name, topic, archived, slowModeSeconds }, ct: ct);

    public Task MarkReadAsync(RoomId room, Position position, CancellationToken ct = default) =>
        _http.AskAsync(HttpMethod.Put, $"/api/rooms/{room}/read", new { position = position.ToString() }, ct: ct);

    /// <summary>Messages in all rooms that the caller may read now, the newest first.</summary>
    /// <param name="text">Words (all of them), <c>"phrases"</c>, <c>from:</c> (id or name), <c>in:</c> (room), <c>before:</c> and <c>after:</c> (days), <c>has:link</c>, <c>has:file</c>.</param>
    /// <param name="limit">1–100.</param>
    /// <param name="before">The <see cref="FoundPage.Next"/> of the page before.</param>
    /// <param name="ct">Ends the asking.</param>
    public async Task<FoundPage> SearchAsync(string text, int limit = 20, string? before = null, CancellationToken ct = default)
    {
        var answer = await _http.AskAsync(HttpMethod.Get, $"/api/search?q={Uri.EscapeDataString(text)}&limit={limit}{(before is null ? "" : $"&before={Uri.EscapeDataString(before)}")}", ct: ct);
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("results", out var listed) || listed.ValueKind != JsonValueKind.Array)
            throw Strange();
        return new FoundPage([.. listed.EnumerateArray().Select(ReadFound).OfType<FoundMessage>()], answer.Text("next"));
    }

    public Task TypingAsync(RoomId room, CancellationToken ct = default) => _http.AskAsync(HttpMethod.Post, $"/api/rooms/{room}/typing", ct: ct);

    /// <summary>Who is in the room now, at whichever server.</summary>
    public async Task<RoomPresence> PresenceAsync(RoomId room, CancellationToken ct = default)
    {
        var answer = await _http.AskAsync(HttpMethod.Get, $"/api/rooms/{room}/presence", ct: ct);
        var isSampled = answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("sampled", out var word) && word.ValueKind == JsonValueKind.True;
        return new RoomPresence(answer.Number("count") ?? throw Strange(), answer.People("users") ?? [], isSampled);
    }

    /// <summary>A page of the log; with none of the first three, what comes from now on, which is nothing yet.</summary>
    public async Task<RoomPage> PageAsync(RoomId room, Position? after, Position? before, int? last, int limit, CancellationToken ct = default)
    {
        var from = after is { } a ? $"after={Word(a)}&" : before is { } b ? $"before={Word(b)}&" : last is { } l ? $"last={l}&" : "";
        return ReadPage(room, await _http.AskAsync(HttpMethod.Get, $"/api/rooms/{room}/events?{from}limit={limit}", ct: ct));
    }

    /// <summary>The word that asks for a position: the beginning of whatever life has one of its own.</summary>
    internal static string Word(Position position) => position == Position.Start ? "0" : position.ToString();

    private static string MemberPath(RoomId room, UserId user) => $"/api/rooms/{room}/members/{Uri.EscapeDataString(user.Value)}";

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
        return new RoomPage([.. entries.Select(e => e.Event).OfType<RoomEvent>()], answer.At("position") ?? throw Strange(), answer.Number("head") ?? 0, gap)
        {
            Entries = entries,
            Later = [.. answer.List("later").Select(one => WireJson.Event(one.Text("type"), one)).OfType<RoomEvent>()],
        };
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

    /// <summary>Null for what is not of the protocol.</summary>
    private static FoundMessage? ReadFound(JsonElement found)
    {
        if (!RoomId.TryParse(found.Text("roomId"), out var room) || found.At("id") is not { } id || found.Person("sender") is not { } sender || found.Text("message") is not { } message
            || !DateTimeOffset.TryParse(found.Text("sentAt"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var sentAt))
            return null;
        var highlights = new List<Range>();
        if (found.TryGetProperty("highlights", out var listed) && listed.ValueKind == JsonValueKind.Array)
        {
            foreach (var one in listed.EnumerateArray())
            {
                if (one.ValueKind == JsonValueKind.Array && one.GetArrayLength() == 2 && one[0].TryGetInt32(out var start) && one[1].TryGetInt32(out var end)
                    && start >= 0 && end >= start && end <= message.Length)
                    highlights.Add(start..end);
            }
        }

        return new FoundMessage(room, id, sender, sentAt, message, highlights);
    }

    private static HubbubException Strange() => new("bad_answer", "The answer was not of the protocol.", 200, retryable: true);
}
