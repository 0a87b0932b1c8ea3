using System.Net;
using Hubbub.Core.Rooms;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Api;

/// <summary>What people hold against messages, and what is made of it (docs/protocol.md § 7). Who may do so is the matrix's (<see cref="AccessMatrixTests"/>).</summary>
public sealed class ReportTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task A_report_waits_for_who_keeps_order_and_nobody_else_hears_of_it()
    {
        var room = await fixture.RoomAsync();
        using var reporter = await fixture.Server.GuestAsync("Reporter");
        var said = (await fixture.Other.SayAsync(room, "rude")).Text("id");
        var head = (await fixture.Owner.EventsAsync(room, "after=0").Succeeds()).Number("head");

        var made = await reporter.PostAsync(Of(room, said), new { reason = "  this is\nrude " }).Succeeds(HttpStatusCode.Created);
        var again = await reporter.PostAsync(Of(room, said), new { reason = "really" }).Succeeds();

        Assert.Equal(made.Text("id"), again.Text("id"));
        var report = Assert.Single(await ListAsync(room));
        Assert.Equal((made.Text("id"), "this is\nrude", reporter.UserId), (Text(report, "id"), Text(report, "reason"), Text(report.GetProperty("reporter"), "id")));
        Assert.Equal((said, "rude", false), (Text(report.GetProperty("message"), "id"), Text(report.GetProperty("message"), "message"), report.TryGetProperty("resolution", out _)));
        Assert.Equal(head, (await fixture.Owner.EventsAsync(room, "after=0").Succeeds()).Number("head"));
        await fixture.Other.GetAsync($"/api/rooms/{room}/reports").Refused(HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task What_is_deleted_is_gone_and_decides_about_all_reports_of_it()
    {
        var room = await fixture.RoomAsync();
        var (first, second) = (await fixture.Server.GuestAsync("First"), await fixture.Server.GuestAsync("Second"));
        var said = (await fixture.Other.SayAsync(room, "rude")).Text("id");
        var other = (await fixture.Other.SayAsync(room, "harmless")).Text("id");
        var report = (await first.PostAsync(Of(room, said), new { reason = "rude" }).Succeeds(HttpStatusCode.Created)).Text("id");
        await second.PostAsync(Of(room, said), new { reason = "very" }).Succeeds(HttpStatusCode.Created);
        var stays = (await second.PostAsync(Of(room, other), new { reason = "boring" }).Succeeds(HttpStatusCode.Created)).Text("id");

        var deleted = await fixture.Owner.PostAsync($"/api/rooms/{room}/reports/{report}", new { resolution = "deleted" }).Succeeds();

        Assert.Equal(("deleted", fixture.Owner.UserId), (deleted.Text("resolution"), deleted.Text("resolvedBy")));
        Assert.True(deleted.Json.GetProperty("message").GetProperty("deleted").GetBoolean());
        Assert.True((await first.GetAsync($"/api/rooms/{room}/messages/{said}").Succeeds()).Json.GetProperty("deleted").GetBoolean());
        Assert.Equal([stays], (await ListAsync(room)).Select(r => Text(r, "id")));
        await fixture.Owner.PostAsync($"/api/rooms/{room}/reports/{stays}", new { resolution = "kept" }).Succeeds();
        Assert.Empty(await ListAsync(room));
        var decided = await ListAsync(room, "?resolved=true");
        Assert.Equal(3, decided.Count);
        Assert.Equal(2, decided.Count(r => Text(r, "resolution") == "deleted"));
        Assert.Equal("harmless", (await first.GetAsync($"/api/rooms/{room}/messages/{other}").Succeeds()).Text("message"));

        // What was decided stays so; and of what is gone nothing can be reported.
        Assert.Equal("kept", (await fixture.Owner.PostAsync($"/api/rooms/{room}/reports/{stays}", new { resolution = "deleted" }).Succeeds()).Text("resolution"));
        await first.PostAsync(Of(room, said), new { reason = "still" }).Refused(HttpStatusCode.NotFound, "not_found");

        // A message that was kept can be reported anew.
        await second.PostAsync(Of(room, other), new { reason = "still boring" }).Succeeds(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Who_reports_too_much_is_told_to_wait()
    {
        var room = await fixture.RoomAsync();
        using var reporter = await fixture.Server.GuestAsync("Reporter");
        var said = new List<string>();
        for (var i = 0; i <= Reports.MaxPerPerson; i++)
            said.Add((await fixture.Other.SayAsync(room, $"{i}")).Text("id"));
        foreach (var message in said.SkipLast(1))
            await reporter.PostAsync(Of(room, message), new { reason = "x" }).Succeeds(HttpStatusCode.Created);

        var refused = await reporter.PostAsync(Of(room, said[^1]), new { reason = "x" });

        Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limited"), (refused.Status, refused.Code));
        Assert.True(refused.Headers.ContainsKey("retry-after"));
        await reporter.PostAsync(Of(room, said[0]), new { reason = "x" }).Succeeds();
        using var another = await fixture.Server.GuestAsync("Another");
        await another.PostAsync(Of(room, said[^1]), new { reason = "x" }).Succeeds(HttpStatusCode.Created);
        fixture.Clock.Jump(Reports.Interval + TimeSpan.FromSeconds(1));
        await reporter.PostAsync(Of(room, said[^1]), new { reason = "x" }).Succeeds(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_report_is_of_anothers_message_and_has_a_reason()
    {
        var room = await fixture.RoomAsync();
        var said = (await fixture.Other.SayAsync(room, "hello")).Text("id");

        foreach (var reason in new[] { null, "", "  ", "a\u0007b", new string('x', Reports.MaxReason + 1) })
            await fixture.Owner.PostAsync(Of(room, said), new { reason }).Refused(HttpStatusCode.BadRequest, "bad_request");
        await fixture.Other.PostAsync(Of(room, said), new { reason = "x" }).Refused(HttpStatusCode.Forbidden, "forbidden");
        foreach (var message in new[] { "nonsense", "0", "00000001:1", said.Replace(":2", ":1", StringComparison.Ordinal) })
            await fixture.Owner.PostAsync(Of(room, message), new { reason = "x" }).Refused(HttpStatusCode.NotFound, "not_found");
        await fixture.Owner.PostAsync($"/api/rooms/{room}/reports/p-none", new { resolution = "kept" }).Refused(HttpStatusCode.NotFound, "not_found");
        await fixture.Owner.PostAsync($"/api/rooms/{room}/reports/p-none", new { resolution = "burnt" }).Refused(HttpStatusCode.BadRequest, "bad_request");
        await fixture.Owner.GetAsync($"/api/rooms/{room}/reports?resolved=perhaps").Refused(HttpStatusCode.BadRequest, "bad_request");
    }

    private static string Of(string room, string message) => $"/api/rooms/{room}/messages/{message}/reports";

    private static string Text(System.Text.Json.JsonElement of, string field) => of.GetProperty(field).GetString()!;

    private async Task<List<System.Text.Json.JsonElement>> ListAsync(string room, string query = "") =>
        [.. (await fixture.Owner.GetAsync($"/api/rooms/{room}/reports{query}").Succeeds()).Json.GetProperty("reports").EnumerateArray()];
}
