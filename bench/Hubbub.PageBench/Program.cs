using System.CommandLine;
using System.Globalization;
using Hubbub.PageBench;

var messages = Number("--messages", "Messages of the room.", 100_000, 1_000, 10_000_000);
var members = Number("--members", "Its members.", 2_000, 1, 100_000);
var opens = Number("--opens", "How often the room is opened.", 7, 1, 1_000);
var seconds = Number("--seconds", "How long is scrolled, up through the log.", 20, 1, 600);
var program = new Option<string>("--program") { Description = "The server's program.", HelpName = "file", Required = true };
var command = new RootCommand("Opens a large room in Chromium, scrolls up through it, and prints how long the opening took, how long the frames were, and how much memory and how many messages the page held.")
{
    messages, members, opens, seconds, program,
};
command.SetAction(async (parsed, ct) =>
{
    try
    {
        return await PageRun.MeasureAsync(
            new PageOptions(parsed.GetRequiredValue(program), parsed.GetValue(messages), parsed.GetValue(members), parsed.GetValue(opens), TimeSpan.FromSeconds(parsed.GetValue(seconds))), ct);
    }
    catch (Exception e) when (e is InvalidOperationException or TimeoutException or Microsoft.Playwright.PlaywrightException)
    {
        await Console.Error.WriteLineAsync($"bench/page: {e.Message}");
        return 2;
    }
});
return await command.Parse(args).InvokeAsync();

static Option<int> Number(string name, string description, int usual, int least, int most)
{
    var option = new Option<int>(name) { Description = string.Create(CultureInfo.InvariantCulture, $"{description} {least:#,0} to {most:#,0}."), DefaultValueFactory = _ => usual, HelpName = "number" };
    option.Validators.Add(result =>
    {
        if (result.Tokens.Count > 0 && (!int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < least || number > most))
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is a number from {least:#,0} to {most:#,0}."));
    });
    return option;
}
