using System.Security.Cryptography;
using Hubbub.Protocol;
using Microsoft.Extensions.Logging;

namespace Hubbub.Core.Rooms;

/// <summary>
/// What people hold against messages, and what those who keep order made of it. Whoever may read a message may report it; only moderators and owners see reports, and nobody else is told of them, the author least of all. Each report and each decision is a line for the operator.
/// </summary>
public sealed partial class Reports(
    RoomAccess access, Conversation conversation, IRoomDirectory directory, IMessages messages, TimeProvider time, ILogger<Reports> logger)
{
    /// <summary>The most characters of a reason.</summary>
    public const int MaxReason = 500;

    /// <summary>So many reports a person may make in <see cref="Interval"/>, in whichever rooms.</summary>
    public const int MaxPerPerson = 20;

    /// <summary>The most reports of a room that wait at once, and the most that are listed.</summary>
    public const int MaxWaiting = 500;

    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>How long a report that was decided is kept.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromDays(90);

    /// <summary>Reports a message. The same message again, while the first report waits, is that report.</summary>
    public async ValueTask<Outcome<MadeReport>> MakeAsync(Caller caller, RoomId room, Position message, string? reason, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(caller);
        if (CheckReason(reason) is { } flaw)
            return flaw;
        var allowed = await access.AuthoriseAsync(caller, room, Act.Report, ct);
        if (!allowed.Is(out _, out var refusal))
            return refusal;
        if (message.IsStart || await messages.FindAsync(room, [message.Sequence], caller.User.Id, ct) is not [{ Content.IsDeleted: false } found] || found.Posted.Position != message)
            return Refusals.MessageNotFound;
        if (found.Posted.Sender.Id == caller.User.Id)
            return Refusals.Forbidden("This message is your own; you can delete it.");
        var now = UnixTime.Whole(time.GetUtcNow());
        var added = await directory.AddReportAsync(new Report("p-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), room, message.Sequence, caller.User, reason!.Trim(), now), new ReportLimits(MaxPerPerson, now - Interval, MaxWaiting, now - Memory), ct);
        if (added.Refusal is { } full)
            return full;
        if (added.IsNew)
            LogReported(caller.User.Id, message, room, added.Report!.Id);
        return new MadeReport(added.Report!, added.IsNew);
    }

    /// <summary>What waits for a decision, the oldest first; or what was decided, the newest first. Each with its message as it stands.</summary>
    public async ValueTask<Outcome<IReadOnlyList<StandingReport>>> ListAsync(Caller caller, RoomId room, bool isResolved, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(caller);
        var allowed = await access.AuthoriseAsync(caller, room, Act.ReadReports, ct);
        if (!allowed.Is(out var standing, out var refusal))
            return refusal;
        var reports = await directory.ReportsAsync(room, isResolved, MaxWaiting, ct);
        return Outcome<IReadOnlyList<StandingReport>>.Of(await StandAsync(standing.Room, reports, caller.User.Id, ct));
    }

    /// <summary>Decides about a report, and with it about all others of the same message that wait. What was decided stays so, and is answered.</summary>
    public async ValueTask<Outcome<StandingReport>> ResolveAsync(Caller caller, RoomId room, string id, ReportResolution resolution, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(caller);
        var allowed = await access.AuthoriseAsync(caller, room, Act.ReadReports, ct);
        if (!allowed.Is(out var standing, out var refusal))
            return refusal;
        if (await directory.FindReportAsync(room, id, ct) is not { } report)
            return Refusals.ReportNotFound;
        if (report.Resolution is null)
        {
            // Deleted first: a report that says so must not be there with the message, should this end between the two.
            if (resolution == ReportResolution.Deleted
                && await messages.FindAsync(room, [report.Message], caller.User.Id, ct) is [{ Content.IsDeleted: false } found]
                && !(await conversation.DeleteAsync(caller, room, found.Posted.Position, ct)).Is(out _, out refusal))
                return refusal;
            await directory.ResolveReportsAsync(room, report.Message, resolution, caller.User.Id, UnixTime.Whole(time.GetUtcNow()), ct);
            report = await directory.FindReportAsync(room, id, ct) ?? report;
            LogResolved(caller.User.Id, room, id, report.Message, resolution);
        }

        return (await StandAsync(standing.Room, [report], caller.User.Id, ct))[0];
    }

    private static Refusal? CheckReason(string? reason) =>
        string.IsNullOrWhiteSpace(reason) || reason.Trim().Length > MaxReason || reason.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'))
            ? Refusals.BadRequest($"'reason' is 1–{MaxReason} characters, no control characters.")
            : null;

    private async ValueTask<IReadOnlyList<StandingReport>> StandAsync(Room room, IReadOnlyList<Report> reports, UserId viewer, CancellationToken ct)
    {
        if (reports.Count == 0)
            return [];
        var found = await messages.FindAsync(room.Id, [.. reports.Select(r => r.Message).Distinct()], viewer, ct);
        var bySequence = found.ToDictionary(m => m.Posted.Sequence);
        return [.. reports.Where(r => bySequence.ContainsKey(r.Message)).Select(r => new StandingReport(r, bySequence[r.Message]))];
    }

    [LoggerMessage(LogLevel.Information, "{Reporter} reported message {Message} of room {Room}: report {Report}.")]
    private partial void LogReported(UserId reporter, Position message, RoomId room, string report);

    [LoggerMessage(LogLevel.Information, "{Moderator} decided in room {Room} about report {Report} of message {Message}: {Resolution}.")]
    private partial void LogResolved(UserId moderator, RoomId room, string report, long message, ReportResolution resolution);
}

/// <summary>What was decided about a reported message.</summary>
public enum ReportResolution
{
    /// <summary>It stays.</summary>
    Kept,

    /// <summary>It was deleted.</summary>
    Deleted,
}

/// <summary>That somebody holds something against a message.</summary>
/// <param name="Id">Drawn by the server, unique in all rooms.</param>
/// <param name="Room">The room.</param>
/// <param name="Message">The message's sequence.</param>
/// <param name="Reporter">Who, by the name of then.</param>
/// <param name="Reason">In their words.</param>
/// <param name="At">When.</param>
public sealed record Report(string Id, RoomId Room, long Message, User Reporter, string Reason, DateTimeOffset At)
{
    /// <summary>What was decided; null while it waits.</summary>
    public ReportResolution? Resolution { get; init; }

    public UserId? ResolvedBy { get; init; }

    public DateTimeOffset? ResolvedAt { get; init; }
}

/// <summary>What may stand in the way of a report, and what goes by the way.</summary>
/// <param name="PerPerson">So many a person may make.</param>
/// <param name="Since">From this time on.</param>
/// <param name="Waiting">So many may wait in a room.</param>
/// <param name="Forget">What was decided before this is forgotten.</param>
public readonly record struct ReportLimits(int PerPerson, DateTimeOffset Since, int Waiting, DateTimeOffset Forget);

/// <summary>What became of a report that was to be added: it is there now, was there before, or is refused.</summary>
/// <param name="Report">The report; null for a refused one.</param>
/// <param name="IsNew">Whether it is there since now.</param>
/// <param name="Refusal">What stood in the way.</param>
public sealed record AddedReport(Report? Report, bool IsNew, Refusal? Refusal);

/// <summary>A report that is made.</summary>
/// <param name="Report">As it is kept.</param>
/// <param name="IsNew">False for one that was there.</param>
public sealed record MadeReport(Report Report, bool IsNew);

/// <summary>A report with what it is about.</summary>
/// <param name="Report">The report.</param>
/// <param name="Message">The message as it stands.</param>
public sealed record StandingReport(Report Report, StandingMessage Message);
