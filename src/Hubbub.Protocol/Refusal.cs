namespace Hubbub.Protocol;

/// <summary>
/// A clear no, as a value: a code of docs/protocol.md § 8, a sentence for the person who reads it, and whether the same request may succeed later.
/// </summary>
public sealed record Refusal(string Code, string Message, int Status, bool Retryable = false)
{
    /// <summary>When to try again, where more is known than "in a moment".</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Until when it stands; null for one that has no end.</summary>
    public DateTimeOffset? Until { get; init; }
}

/// <summary>Every refusal the wire knows, each with its HTTP status.</summary>
public static class Refusals
{
    /// <summary>The rules that several refusals quote.</summary>
    public static class Rules
    {
        public const string RoomId = "A room id is 1–64 of A–Z a–z 0–9 . _ - and begins with a letter or digit.";
        public const string Position = "A position is E:S as the server gave it, or 0 for the beginning.";
    }

    public static readonly Refusal BadRoom = new("bad_room", Rules.RoomId, 400);
    public static readonly Refusal BadPosition = new("bad_position", Rules.Position, 400);
    public static readonly Refusal NotJoined = new("not_joined", "Join a room first, or say roomId.", 400);
    public static readonly Refusal Unauthenticated = new("unauthenticated", "A valid token is needed.", 401);
    public static readonly Refusal TokenExpired = new("token_expired", "The token has expired; get a new one.", 401);
    public static readonly Refusal ForeignOrigin = new("foreign_origin", "Pages from this origin may not talk to this server (see --allow-origin).", 403);
    public static readonly Refusal RoomNotFound = new("not_found", "There is no such room, or you may not see it.", 404);
    public static readonly Refusal MessageNotFound = new("not_found", "There is no such message in this room.", 404);
    public static readonly Refusal MemberNotFound = new("not_found", "There is no such member in this room.", 404);
    public static readonly Refusal InvitationNotFound = new("not_found", "There is no such invitation.", 404);
    public static readonly Refusal RoomExists = new("room_exists", "A room with this id exists already.", 409);
    public static readonly Refusal NameTaken = new("name_taken", "This name is somebody else's; choose another.", 409);
    public static readonly Refusal HasAccount = new("account_exists", "You have an account already.", 409);

    /// <summary>403 and not 401, which speaks of the token: a client would get a new one and ask again.</summary>
    public static readonly Refusal BadCredentials = new("bad_credentials", "There is no account with this name and password.", 403);
    public static readonly Refusal KeyReused = new("key_reused", "This key was used before, for another content.", 409);
    public static readonly Refusal TooManyReactions =
        new("too_many_reactions", $"A message has at most {Limits.MaxEmojiOfMessage} different emoji; take one that is there.", 409);
    public static readonly Refusal TooManyPins = new("too_many_pins", $"A room has at most {Limits.MaxPins} pinned messages; take one off first.", 409);
    public static readonly Refusal LastOwner = new("last_owner", "A room needs an owner; make somebody else one first.", 409);
    public static readonly Refusal Archived = new("archived", "This room is in the archive: it can be read, and nothing more happens in it.", 403);
    public static readonly Refusal Gone = new("gone", "This invitation was revoked or has expired.", 410);
    public static readonly Refusal Overloaded = new("overloaded", "The server is busy and stored nothing; try again shortly.", 503, Retryable: true);
    public static readonly Refusal StoreUnavailable =
        new("store_unavailable", "The store did not confirm; it may or may not be stored. Try again with the same key.", 503, Retryable: true);
    public static readonly Refusal Draining = new("draining", "This node takes no more connections, since it will stop; another does.", 503, Retryable: true);
    public static readonly Refusal Stopping = new("draining", "This node is stopping; another goes on.", 503, Retryable: true);
    public static readonly Refusal Internal = new("internal", "Something is broken on our side.", 500, Retryable: true);

    public static readonly Refusal UserNotFound = new("not_found", "Nobody of this id is known here.", 404);
    /// <summary>Whoever of the two has blocked the other: who is blocked is not told so.</summary>
    public static readonly Refusal Unreachable = new("forbidden", "You cannot write to this person.", 403);
    public static readonly Refusal DirectRoom = new("forbidden", "This is a direct room: its people write and read, and nothing else can be done in it.", 403);
    public static readonly Refusal ReportNotFound = new("not_found", "There is no such report in this room.", 404);
    public static readonly Refusal TooManyReports = new("rate_limited", "You have reported much within an hour; try again later.", 429, Retryable: true) { RetryAfter = TimeSpan.FromMinutes(10) };
    public static readonly Refusal ReportsWait = new("rate_limited", "Too many reports of this room wait already; try again later.", 429, Retryable: true) { RetryAfter = TimeSpan.FromMinutes(10) };
    public static readonly Refusal AvatarNotFound = new("not_found", "There is no such picture, or nobody has it any more.", 404);
    public static readonly Refusal FileNotFound = new("not_found", "There is no such file in this room.", 404);
    public static readonly Refusal BadFiles = new(
        "bad_file", $"A message brings at most {FileRules.MaxFilesOfMessage} files of one's own that were uploaded to its room and that no other message has; one of these is none.", 409);
    public static readonly Refusal NoSpace = new("no_space", "There is no space left for files on the server; nothing was kept.", 507, Retryable: true);
    public static readonly Refusal NoUploads = new("forbidden", "This server takes no files.", 403);
    public static readonly Refusal NoAccount = new("forbidden", "You are a guest: there is no account, and no password.", 403);

    public static Refusal NodeFull(string why) => new("overloaded", $"No more connections now: {why}. Try again shortly.", 503, Retryable: true);
    public static Refusal WrongRole(string message) => new("wrong_role", message, 421, Retryable: true);
    public static Refusal BadJson(string message) => new("bad_json", message, 400);
    public static Refusal BadFrame(string message) => new("bad_frame", message, 400);
    public static Refusal BadRequest(string message) => new("bad_request", message, 400);
    public static Refusal UnknownType(string message) => new("unknown_type", message, 400);
    public static Refusal BadMessage(string message) => new("bad_message", message, 400);
    public static Refusal BadKey(string message) => new("bad_key", message, 400);
    public static Refusal BadName(string message) => new("bad_name", message, 400);
    public static Refusal TooManyBlocks(int limit) => new("too_many_blocks", $"At most {limit} people can be blocked.", 409);
    public static Refusal TooManyFiles(string message) => new("too_many_files", message, 409);
    public static Refusal BadPassword(string message) => new("bad_password", message, 400);
    public static Refusal Forbidden(string message) => new("forbidden", message, 403);
    public static Refusal TooLarge(string message) => new("too_large", message, 413);
    public static Refusal TooManyRooms(int limit) => new("too_many_rooms", $"At most {limit} rooms on one connection.", 429);
    public static Refusal SlowMode(TimeSpan left) =>
        RateLimited($"This room is slow: your next message may come in {Math.Ceiling(left.TotalSeconds)} s.") with { RetryAfter = left };
    public static Refusal Muted(DateTimeOffset until) => new("muted", "You may not write in this room for a time.", 403) { Until = until };
    public static Refusal RateLimited(string message) => new("rate_limited", message, 429, Retryable: true);
}
