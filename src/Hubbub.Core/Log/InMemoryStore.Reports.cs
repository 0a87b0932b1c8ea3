using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Core.Log;

/// <content>What people hold against messages.</content>
public sealed partial class InMemoryStore
{
    private readonly List<Report> _reports = [];

    public ValueTask<AddedReport> AddReportAsync(Report report, ReportLimits limits, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(report);
        lock (_lock)
        {
            if (_reports.Find(r => r.Resolution is null && r.Room == report.Room && r.Message == report.Message && r.Reporter.Id == report.Reporter.Id) is { } known)
                return ValueTask.FromResult(new AddedReport(known, false, null));
            _reports.RemoveAll(r => r.Room == report.Room && r.ResolvedAt < limits.Forget);
            if (!_rooms.ContainsKey(report.Room))
                return ValueTask.FromResult(new AddedReport(null, false, Refusals.RoomNotFound));
            if (_reports.Count(r => r.Reporter.Id == report.Reporter.Id && r.At >= limits.Since) >= limits.PerPerson)
                return ValueTask.FromResult(new AddedReport(null, false, Refusals.TooManyReports));
            if (_reports.Count(r => r.Room == report.Room && r.Resolution is null) >= limits.Waiting)
                return ValueTask.FromResult(new AddedReport(null, false, Refusals.ReportsWait));
            _reports.Add(report);
            return ValueTask.FromResult(new AddedReport(report, true, null));
        }
    }

    public ValueTask<IReadOnlyList<Report>> ReportsAsync(RoomId room, bool isResolved, int limit, CancellationToken ct)
    {
        lock (_lock)
        {
            var ofRoom = _reports.Where(r => r.Room == room && r.Resolution is not null == isResolved);
            var ordered = isResolved ? ofRoom.OrderByDescending(r => r.ResolvedAt) : ofRoom.OrderBy(r => r.At);
            return ValueTask.FromResult<IReadOnlyList<Report>>([.. ordered.ThenBy(r => r.Id, StringComparer.Ordinal).Take(limit)]);
        }
    }

    public ValueTask<Report?> FindReportAsync(RoomId room, string id, CancellationToken ct)
    {
        lock (_lock)
            return ValueTask.FromResult(_reports.Find(r => r.Room == room && r.Id == id));
    }

    public ValueTask<int> ResolveReportsAsync(RoomId room, long message, ReportResolution resolution, UserId by, DateTimeOffset at, CancellationToken ct)
    {
        lock (_lock)
        {
            var resolved = 0;
            for (var i = 0; i < _reports.Count; i++)
            {
                if (_reports[i].Room != room || _reports[i].Message != message || _reports[i].Resolution is not null)
                    continue;
                _reports[i] = _reports[i] with { Resolution = resolution, ResolvedBy = by, ResolvedAt = at };
                resolved++;
            }

            return ValueTask.FromResult(resolved);
        }
    }
}
