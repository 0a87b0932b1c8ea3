using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Server.Api;

/// <summary>What people hold against messages, and what those who keep order make of it.</summary>
internal static class ReportEndpoints
{
    public static void MapReports(this IEndpointRouteBuilder api)
    {
        api.MapPost("/rooms/{room}/messages/{message}/reports", MakeAsync)
            .Accepts<ReportRequest>("application/json").Produces<MadeReportAnswer>().Produces<MadeReportAnswer>(StatusCodes.Status201Created);
        api.MapGet("/rooms/{room}/reports", ListAsync).Produces<ReportsAnswer>().TakesQuery(("resolved", "true for those that were decided, the newest first; otherwise those that wait, the oldest first."));
        api.MapPost("/rooms/{room}/reports/{report}", ResolveAsync).Accepts<ResolveReportRequest>("application/json").Produces<ReportShape>();
    }

    private static async Task<IResult> MakeAsync(HttpContext http, string room, string message, SignedIn who, Reports reports)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        if (!Position.TryParse(message, out var position))
            return Answer.Refuse(Refusals.MessageNotFound);
        var body = await Body.ReadAsync<ReportRequest>(http);
        if (!body.Is(out var asked, out var refusal))
            return Answer.Refuse(refusal);
        var made = await reports.MakeAsync(who.Caller, id, position, asked.Reason, http.RequestAborted);
        return made.Is(out var report, out refusal)
            ? Answer.Ok(new MadeReportAnswer(report.Report.Id, Times.Write(report.Report.At)), report.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK)
            : Answer.Refuse(refusal);
    }

    private static async Task<IResult> ListAsync(HttpContext http, string room, SignedIn who, Reports reports)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        var isResolved = false;
        if (http.Request.Query["resolved"] is [{ } asked] && !bool.TryParse(asked, out isResolved))
            return Answer.Refuse(Refusals.BadRequest("'resolved' is true or false."));
        return Answer.Of(await reports.ListAsync(who.Caller, id, isResolved, http.RequestAborted), listed => new ReportsAnswer([.. listed.Select(ReportShape.Of)]));
    }

    private static async Task<IResult> ResolveAsync(HttpContext http, string room, string report, SignedIn who, Reports reports)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        var body = await Body.ReadAsync<ResolveReportRequest>(http);
        if (!body.Is(out var asked, out var refusal))
            return Answer.Refuse(refusal);
        ReportResolution? resolution = asked.Resolution switch { "kept" => ReportResolution.Kept, "deleted" => ReportResolution.Deleted, _ => null };
        return resolution is { } decided
            ? Answer.Of(await reports.ResolveAsync(who.Caller, id, report, decided, http.RequestAborted), ReportShape.Of)
            : Answer.Refuse(Refusals.BadRequest("'resolution' is kept or deleted."));
    }
}
