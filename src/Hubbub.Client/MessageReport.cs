using System.Text.Json;
using Hubbub.Client.Wire;
using Hubbub.Protocol;

namespace Hubbub.Client;

/// <summary>What somebody holds against a message.</summary>
/// <param name="Id">Unique in its room.</param>
/// <param name="Message">As it stands.</param>
/// <param name="Reporter">Who.</param>
/// <param name="Reason">In their words.</param>
/// <param name="ReportedAt">When; for display.</param>
public sealed record MessageReport(string Id, MessageState Message, User Reporter, string Reason, DateTimeOffset ReportedAt)
{
    /// <summary>Whether it was decided that the message stays (false) or goes (true); null while the report waits.</summary>
    public bool? IsDeleted { get; init; }

    /// <summary>Who decided.</summary>
    public UserId? ResolvedBy { get; init; }

    public DateTimeOffset? ResolvedAt { get; init; }

    internal static MessageReport? Read(JsonElement answer) =>
        answer.Text("id") is { } id && answer.TryGetProperty("message", out var said) && MessageState.Read(said) is { } message && answer.Person("reporter") is { } reporter && answer.Text("reason") is { } reason
            ? new MessageReport(id, message, reporter, reason, answer.Time("reportedAt") ?? default)
            {
                IsDeleted = answer.Text("resolution") switch { "kept" => false, "deleted" => true, _ => null },
                ResolvedBy = UserId.TryParse(answer.Text("resolvedBy"), out var by) ? by : null,
                ResolvedAt = answer.Time("resolvedAt"),
            }
            : null;
}
