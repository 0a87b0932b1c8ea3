using System.Text.Json;
using Hubbub.Client.Wire;
using Hubbub.Protocol;

namespace Hubbub.Client;

/// <summary>A message as it stands after all that happened to it.</summary>
/// <param name="Id">Where it is in its room's log.</param>
/// <param name="Sender">Who said it.</param>
/// <param name="SentAt">When; for display.</param>
public sealed record MessageState(Position Id, User Sender, DateTimeOffset SentAt)
{
    /// <summary>What it says now; empty if it is deleted.</summary>
    public string Text { get; init; } = "";

    /// <summary>When it was edited last; null if never.</summary>
    public DateTimeOffset? EditedAt { get; init; }

    public bool IsDeleted { get; init; }

    /// <summary>The message that it answers.</summary>
    public Position? ReplyTo { get; init; }

    /// <summary>The message in whose thread it stands.</summary>
    public Position? Thread { get; init; }

    /// <summary>User ids, and <c>@room</c>.</summary>
    public IReadOnlyList<string> Mentions { get; init; } = [];

    /// <summary>What it brings.</summary>
    public IReadOnlyList<AttachedFile> Files { get; init; } = [];

    /// <summary>How it was reacted to, in the order in which each emoji came first.</summary>
    public IReadOnlyList<MessageReaction> Reactions { get; init; } = [];

    /// <summary>How many messages its thread has.</summary>
    public int Replies { get; init; }

    /// <summary>The newest of them.</summary>
    public Position? LastReply { get; init; }

    internal static MessageState? Read(JsonElement answer) => answer.At("id") is { } id && answer.Person("sender") is { } sender
        ? new MessageState(id, sender, answer.Time("sentAt") ?? default)
        {
            Text = answer.Text("message") ?? "",
            EditedAt = answer.Time("editedAt"),
            IsDeleted = answer.Flag("deleted"),
            ReplyTo = answer.At("replyTo"),
            Thread = answer.At("thread"),
            Mentions = answer.WordsOf("mentions")?.Split(' ') ?? [],
            Files = answer.Files(),
            Reactions = [.. answer.List("reactions").Select(r => new MessageReaction(r.Text("emoji") ?? "", (int)(r.Number("count") ?? 0), r.Flag("mine")))],
            Replies = answer.TryGetProperty("replies", out var replies) ? (int)(replies.Number("count") ?? 0) : 0,
            LastReply = replies.At("last"),
        }
        : null;
}

/// <summary>The reactions to a message with one emoji.</summary>
/// <param name="Emoji">Which.</param>
/// <param name="Count">How many users.</param>
/// <param name="IsMine">Whether the caller is one of them.</param>
public sealed record MessageReaction(string Emoji, int Count, bool IsMine);

/// <summary>What a message said from a moment on.</summary>
/// <param name="Id">The event that says so: of the first the message itself.</param>
/// <param name="SentAt">When; for display.</param>
/// <param name="Text">What it said.</param>
public sealed record MessageEdit(Position Id, DateTimeOffset SentAt, string Text)
{
    internal static MessageEdit? Read(JsonElement answer) =>
        answer.At("id") is { } id && answer.Text("message") is { } text ? new MessageEdit(id, answer.Time("sentAt") ?? default, text) : null;
}
