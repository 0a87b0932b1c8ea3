using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.ConformanceTests.Stores;

/// <content>What people hold against messages.</content>
public abstract partial class RoomDirectoryContract
{
    [Fact]
    public async Task A_report_waits_until_it_is_decided_with_all_others_of_its_message()
    {
        await CreateAsync(Lobby);
        await CreateAsync(Attic);
        var first = await ReportAsync("p-1", 1, Bob);
        Clock.Advance(TimeSpan.FromMinutes(1));
        var second = await ReportAsync("p-0", 1, Eve);
        var third = await ReportAsync("p-2", 2, Bob);
        await ReportAsync("p-3", 1, Bob, room: Attic);
        Assert.Equal([first, second, third], await Directory.ReportsAsync(Lobby, false, 10, None));
        Assert.Equal([first], await Directory.ReportsAsync(Lobby, false, 1, None));

        Assert.Equal(2, await Directory.ResolveReportsAsync(Lobby, 1, ReportResolution.Deleted, Ann.Id, Clock.GetUtcNow(), None));
        Assert.Equal(0, await Directory.ResolveReportsAsync(Lobby, 1, ReportResolution.Kept, Ann.Id, Clock.GetUtcNow(), None));

        Assert.Equal([third], await Directory.ReportsAsync(Lobby, false, 10, None));
        var decided = first with { Resolution = ReportResolution.Deleted, ResolvedBy = Ann.Id, ResolvedAt = Clock.GetUtcNow() };
        Assert.Equal(decided, await Directory.FindReportAsync(Lobby, "p-1", None));
        Assert.Equal(["p-0", "p-1"], (await Directory.ReportsAsync(Lobby, true, 10, None)).Select(r => r.Id));
        Assert.Null(await Directory.FindReportAsync(Attic, "p-1", None));
        Assert.Single(await Directory.ReportsAsync(Attic, false, 10, None));
    }

    [Fact]
    public async Task A_person_has_one_report_of_a_message_that_waits_however_many_are_made_at_once()
    {
        await CreateAsync(Lobby);

        var added = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () => await Directory.AddReportAsync(Report($"p-{i}", 1, Bob), Wide, None))));

        Assert.Single(added, a => a.IsNew);
        Assert.Single(added.Select(a => a.Report!.Id).Distinct());
        await Directory.ResolveReportsAsync(Lobby, 1, ReportResolution.Kept, Ann.Id, Clock.GetUtcNow(), None);
        await ReportAsync("p-9", 1, Bob);
    }

    [Fact]
    public async Task Reports_end_at_the_limits_and_old_decisions_are_forgotten()
    {
        await CreateAsync(Lobby);
        await CreateAsync(Attic);
        var narrow = Wide with { PerPerson = 2, Waiting = 3, Since = Clock.GetUtcNow() };
        await ReportAsync("p-1", 1, Bob, narrow);
        await ReportAsync("p-2", 1, Bob, narrow, Attic);
        Assert.Equal(Refusals.TooManyReports, (await Directory.AddReportAsync(Report("p-3", 2, Bob), narrow, None)).Refusal);
        Assert.Equal("p-1", (await Directory.AddReportAsync(Report("p-3", 1, Bob), narrow, None)).Report!.Id);
        await ReportAsync("p-4", 1, Eve, narrow);
        await ReportAsync("p-5", 1, Carol, narrow);
        Assert.Equal(Refusals.ReportsWait, (await Directory.AddReportAsync(Report("p-6", 1, Ann), narrow, None)).Refusal);
        Assert.Equal(Refusals.RoomNotFound, (await Directory.AddReportAsync(Report("p-7", 1, Ann, Nowhere), narrow, None)).Refusal);

        // An hour later, so to say; and what was decided before that goes.
        await Directory.ResolveReportsAsync(Lobby, 1, ReportResolution.Kept, Ann.Id, Clock.GetUtcNow(), None);
        Clock.Advance(TimeSpan.FromHours(1));
        await ReportAsync("p-8", 2, Bob, narrow with { Since = Clock.GetUtcNow(), Forget = Clock.GetUtcNow() });
        Assert.Empty(await Directory.ReportsAsync(Lobby, true, 10, None));
        Assert.Equal(["p-8"], (await Directory.ReportsAsync(Lobby, false, 10, None)).Select(r => r.Id));
    }

    private static ReportLimits Wide => new(100, DateTimeOffset.UnixEpoch, 100, DateTimeOffset.UnixEpoch);

    private Report Report(string id, long message, User reporter, RoomId? room = null) => new(id, room ?? Lobby, message, reporter, "rude", Clock.GetUtcNow());

    private async Task<Report> ReportAsync(string id, long message, User reporter, ReportLimits? limits = null, RoomId? room = null)
    {
        var added = await Directory.AddReportAsync(Report(id, message, reporter, room), limits ?? Wide, None);
        Assert.True(added is { IsNew: true, Refusal: null });
        return added.Report!;
    }
}
