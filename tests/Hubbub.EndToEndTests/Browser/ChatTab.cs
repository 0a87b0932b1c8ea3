using System.Text.Json;
using Hubbub.TestKit;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>A message as it stands on the screen.</summary>
/// <param name="Sequence">0 while it is on its way.</param>
/// <param name="State"><c>pending</c>, <c>failed</c> or <c>sent</c>.</param>
/// <param name="Text">Its words.</param>
public sealed record Shown(long Sequence, string State, string Text);

/// <summary>One tab with the chat page, used as a person uses it: by keys, clicks and looking.</summary>
public sealed class ChatTab
{
    private static readonly LocatorPressSequentiallyOptions KeyByKey = new() { Delay = 40 };

    private readonly Person _person;

    private ChatTab(IPage page, Person person)
    {
        Page = page;
        _person = person;
    }

    public IPage Page { get; }

    /// <summary>Errors in the consoles of this person's tabs so far.</summary>
    public IReadOnlyList<string> Complaints => _person.Complaints;

    public ILocator Composer => Page.GetByTestId("composer");

    public ILocator ReconnectingBar => Page.GetByTestId("reconnecting");

    /// <summary>Opens an address in a new tab, and answers with a name if one is asked for.</summary>
    public static async Task<ChatTab> OpenAsync(Person person, Uri address, string name)
    {
        ArgumentNullException.ThrowIfNull(person);
        var tab = new ChatTab(await person.NewPageAsync(), person);
        await tab.Page.GotoAsync(address.ToString());
        var gate = tab.Page.GetByTestId("name-input");
        await Assertions.Expect(gate.Or(tab.Page.GetByTestId("room-input")).First).ToBeAttachedAsync();
        if (await gate.CountAsync() > 0)
        {
            await gate.FillAsync(name);
            await gate.PressAsync("Enter");
        }

        return tab;
    }

    /// <summary>Opens a room by its link, and waits until one can write in it.</summary>
    public static async Task<ChatTab> OpenRoomAsync(Person person, Uri server, string name, string room)
    {
        var tab = await OpenAsync(person, new Uri(server, $"/r/{room}"), name);
        await Assertions.Expect(tab.Composer).ToBeVisibleAsync();
        return tab;
    }

    /// <summary>Types key by key, and sends with Enter.</summary>
    public async Task SayAsync(string text)
    {
        await Composer.PressSequentiallyAsync(text, KeyByKey);
        await Composer.PressAsync("Enter");
    }

    /// <summary>The messages on the screen, from top to bottom.</summary>
    public async Task<IReadOnlyList<Shown>> LookAsync()
    {
        var json = await Page.EvaluateAsync<string>(
            """
            () => JSON.stringify([...document.querySelectorAll('[data-testid="message"]')].map((row) => ({
              sequence: Number(row.dataset.sequence ?? 0),
              state: row.dataset.state,
              text: row.querySelector('[data-testid="message-text"]')?.textContent ?? '',
            })))
            """);
        return JsonSerializer.Deserialize<List<Shown>>(json, JsonSerializerOptions.Web)!;
    }

    /// <summary>Waits until the messages on the screen are as wanted, and returns them.</summary>
    public async Task<IReadOnlyList<Shown>> SeeAsync(string reason, Predicate<IReadOnlyList<Shown>> wanted, TimeSpan? deadline = null)
    {
        IReadOnlyList<Shown> last = [];
        try
        {
            await Eventually.UntilAsync(reason, async () => wanted(last = await LookAsync()), deadline);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message} On the screen:\n{string.Join('\n', last)}\nIn the console:\n{string.Join('\n', Complaints)}", e);
        }

        return last;
    }

    /// <summary>Waits until this text stands on the screen, stored.</summary>
    public Task<IReadOnlyList<Shown>> SeeAsync(string text) =>
        SeeAsync($"'{text}' is on the screen", shown => shown.Any(m => m.Text == text && m.State == "sent"));
}
