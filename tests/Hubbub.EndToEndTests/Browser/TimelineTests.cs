using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Hubbub.TestKit.Servers;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>Where a conversation opens, what it follows, and that nothing moves under the reader's eyes.</summary>
[Collection(PageTests.Name)]
public sealed class TimelineTests(Chromium chromium) : BesideBob
{
    [Theory]
    [InlineData(30)]
    [InlineData(400)]
    public async Task A_room_opens_at_the_first_message_that_is_new_with_a_line_above_it_that_stays_until_the_room_is_left(int news)
    {
        await using var anns = await chromium.PersonAsync(height: 600);
        await SayAsync(1, 20);
        var ann = await ChatTab.OpenRoomAsync(anns, Server.Url, "Ann", "room1");
        await ann.SeeAsync("message 20");
        await ReadUpToAsync(ann, 21);
        await ann.Page.GotoAsync(Server.Url.ToString());
        await SayAsync(21, 20 + news);

        await ann.Page.GotoAsync(new Uri(Server.Url, "/r/room1").ToString());
        var line = ann.Page.GetByTestId("new-line");
        await Assertions.Expect(line).ToBeInViewportAsync();
        var shown = await ann.SeeAsync("message 21");
        Assert.DoesNotContain(shown, m => m.Text == $"message {20 + news}");
        var first = await RectAsync(ann, "message 21");
        var box = (await line.BoundingBoxAsync())!;
        Assert.InRange(first.Top - (box.Y + box.Height), -1, 30);

        // One question at most leads to the live end, and the line is still there when one comes back to it.
        var questions = 0;
        ann.Page.Request += (_, request) => questions += request.Url.Contains("/events?", StringComparison.Ordinal) ? 1 : 0;
        await ann.Page.GetByTestId("new-messages").ClickAsync();
        await ann.SeeAsync($"message {20 + news}");
        Assert.InRange(questions, 0, 1);
        await Assertions.Expect(ann.Page.GetByTestId("new-messages")).ToHaveCountAsync(0);

        if (news < 100)
        {
            await Eventually.UntilAsync("the line is come back to", async () =>
            {
                await ScrollAsync(ann, "list.scrollTop - 100");
                return await line.CountAsync() == 1;
            });
        }

        await ReadUpToAsync(ann, 21 + news);
        await ann.Page.ReloadAsync();
        await ann.SeeAsync($"message {20 + news}");
        await Assertions.Expect(line).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Who_reads_further_up_is_not_moved_by_new_messages_and_told_how_many_there_are()
    {
        await using var anns = await chromium.PersonAsync(height: 600);
        await SayAsync(1, 60);
        var ann = await ChatTab.OpenRoomAsync(anns, Server.Url, "Ann", "room1");
        await ann.SeeAsync("message 60");

        // Within 100 pixels of the end the list follows it.
        await ScrollAsync(ann, "list.scrollHeight - list.clientHeight - 90");
        await SayAsync(61, 61);
        await ann.SeeAsync("message 61");
        await Assertions.Expect(ann.Page.GetByTestId("new-messages")).ToHaveCountAsync(0);
        await Eventually.UntilAsync("the list is at its end", async () => await FromEndAsync(ann) < 2);

        await ScrollAsync(ann, "list.scrollHeight - list.clientHeight - 400");
        var before = await TopmostAsync(ann);
        await SayAsync(62, 64);
        await Assertions.Expect(ann.Page.GetByTestId("new-messages")).ToHaveTextAsync("3 new");
        var after = await RectAsync(ann, before.Text);
        Assert.InRange(after.Top - before.Top, -1, 1);

        await ann.Page.GetByTestId("new-messages").ClickAsync();
        await ann.SeeAsync("message 64");
        await Eventually.UntilAsync("the list is at its end", async () => await FromEndAsync(ann) < 2);
    }

    [Fact]
    public async Task What_is_put_in_front_leaves_everything_within_a_pixel_of_where_it_was_and_few_messages_are_drawn()
    {
        await using var anns = await chromium.PersonAsync(height: 700);
        await SayAsync(1, 900, i => i % 7 == 0 ? $"message {i}\n{string.Concat(Enumerable.Repeat("and much more ", i % 50))}" : $"message {i}");
        var ann = await ChatTab.OpenRoomAsync(anns, Server.Url, "Ann", "room1");
        await ann.SeeAsync("message 900");

        // In every drawing: is the topmost message of the one before where the scrolling, and nothing else, has put it?
        await ann.Page.EvaluateAsync(
            """
            () => {
              const list = document.querySelector('[data-testid=message-list]');
              window.watch = { worst: 0, most: 0, jumps: [] };
              let last;
              let pushed = 0;
              const look = () => {
                const rows = [...list.querySelectorAll('[data-testid=message]')];
                window.watch.most = Math.max(window.watch.most, rows.length);
                if (last) {
                  const same = rows.find((row) => row.dataset.sequence === last.sequence);
                  if (same) {
                    const moved = Math.abs(same.getBoundingClientRect().top - last.top - pushed);
                    if (moved > window.watch.worst) { window.watch.worst = moved; window.watch.jumps.push([last.sequence, moved]); }
                  }
                }
                const edge = list.getBoundingClientRect().top;
                const top = rows.find((row) => row.getBoundingClientRect().top >= edge);
                last = top && { sequence: top.dataset.sequence, top: top.getBoundingClientRect().top };
                const before = list.scrollTop;
                list.scrollTop -= 60;
                pushed = before - list.scrollTop;
                next();
              };
              // After the drawing: before it, what was measured has not been made up for yet.
              const next = () => { window.frame = requestAnimationFrame(() => setTimeout(look)); };
              next();
            }
            """);
        await Eventually.UntilAsync(
            "the first message is reached",
            async () => (await ann.LookAsync()).Any(m => m.Text == "message 1"),
            TimeSpan.FromSeconds(90));

        var worst = await ann.Page.EvaluateAsync<double>("() => { cancelAnimationFrame(window.frame); return window.watch.worst; }");
        var jumps = await ann.Page.EvaluateAsync<string>("() => JSON.stringify(window.watch.jumps)");
        Assert.True(worst <= 1, $"Something moved by {worst} pixels: {jumps}");
        Assert.InRange(await ann.Page.EvaluateAsync<int>("() => window.watch.most"), 1, 300);
    }

    [Fact]
    public async Task A_link_to_a_message_leads_to_it_wherever_it_is()
    {
        await using var anns = await chromium.PersonAsync(height: 600);
        await SayAsync(1, 500);
        var ann = await ChatTab.OpenAsync(anns, new Uri(Server.Url, "/r/room1/101"), "Ann");
        await Assertions.Expect(ann.Page.Locator("[data-sequence='101'].lit")).ToBeInViewportAsync();
        await ann.SeeAsync("message 100");
        Assert.EndsWith("/r/room1", ann.Page.Url, StringComparison.Ordinal);

        // From there one can read on to the live end, where the newest message is told of.
        await SayAsync(501, 501);
        await Assertions.Expect(ann.Page.GetByTestId("new-messages")).ToBeVisibleAsync();
        await Eventually.UntilAsync(
            "the newest message is reached by scrolling",
            async () =>
            {
                await ann.Page.GetByTestId("message-list").EvaluateAsync("list => { list.scrollTop += 400; }");
                return (await ann.LookAsync()).Any(m => m.Text == "message 501");
            },
            TimeSpan.FromSeconds(60));
        var shown = (await ann.LookAsync()).Select(m => m.Sequence).ToList();
        Assert.Equal(Enumerable.Range((int)shown[0], shown.Count).Select(i => (long)i), shown);
    }

    [Fact]
    public async Task A_lost_past_is_told_while_what_was_missed_is_loading()
    {
        await using var anns = await chromium.PersonAsync();

        // A read mark of the old life may be on its way when the new one begins.
        anns.Expect("room1/read");
        await SayAsync(1, 5);
        var ann = await ChatTab.OpenRoomAsync(anns, Server.Url, "Ann", "room1");
        await ann.SeeAsync("message 5");

        // The log begins a new life, and the answer with what the page then misses is held back.
        var release = new TaskCompletionSource();
        await ann.Page.RouteAsync("**/api/rooms/room1/events?before=*", async route =>
        {
            await release.Task;
            await route.ContinueAsync();
        });
        await Server.KillAsync();
        Assert.Equal(0, (await ServerProcess.RunAsync("renew-epochs", "--data", Server.Folder)).ExitCode);
        await Server.RestartAsync();
        await Assertions.Expect(ann.Page.GetByText("Loading missed messages…")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        release.SetResult();
        await ann.SeeAsync("message 5");
    }

    private async Task SayAsync(int from, int to, Func<int, string>? text = null)
    {
        for (var i = from; i <= to; i++)
            await Bob.SayAsync("room1", text?.Invoke(i) ?? $"message {i}");
    }

    /// <summary>Waits until the server has heard how far this tab's user has read. Sequence 1 is the room's making.</summary>
    private static Task ReadUpToAsync(ChatTab tab, int sequence) => Eventually.UntilAsync(
        $"the server knows that {sequence} was read",
        () => tab.Page.EvaluateAsync<bool>(
            """
            async (sequence) => {
              const token = localStorage.getItem(`hubbub:${location.host}:guest`);
              const room = await (await fetch('/api/rooms/room1', { headers: { authorization: `Bearer ${token}` } })).json();
              return Number((room.readMark ?? ':0').split(':')[1]) >= sequence;
            }
            """,
            sequence));

    private static async Task ScrollAsync(ChatTab tab, string to) => await tab.Page.GetByTestId("message-list").EvaluateAsync(
        $"list => new Promise((done) => {{ list.scrollTop = {to}; requestAnimationFrame(() => requestAnimationFrame(done)); }})");

    private static Task<double> FromEndAsync(ChatTab tab) =>
        tab.Page.GetByTestId("message-list").EvaluateAsync<double>("list => list.scrollHeight - list.clientHeight - list.scrollTop");

    private static async Task<(string Text, double Top)> TopmostAsync(ChatTab tab)
    {
        var text = await tab.Page.EvaluateAsync<string>(
            """
            () => {
              const edge = document.querySelector('[data-testid=message-list]').getBoundingClientRect().top;
              const row = [...document.querySelectorAll('[data-testid=message]')].find((row) => row.getBoundingClientRect().top >= edge);
              return row.querySelector('[data-testid=message-text]').textContent;
            }
            """);
        return (text, (await RectAsync(tab, text)).Top);
    }

    private static async Task<(double Top, double Height)> RectAsync(ChatTab tab, string text)
    {
        var box = (await tab.Page.Locator("[data-testid=message]", new() { Has = tab.Page.GetByText(text, new() { Exact = true }) }).BoundingBoxAsync())!;
        return (box.Y, box.Height);
    }
}
