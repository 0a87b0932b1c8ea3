using Spectre.Console;
using Spectre.Console.Rendering;

namespace Hubbub.Load.Reports;

/// <summary>
/// Shows a <see cref="Stage"/> while work runs: bars on a terminal, plain lines elsewhere, nothing when only JSON may be printed.
/// </summary>
internal static class ProgressDisplay
{
    // Drawing costs some 8 ms of processor time, which is taken from the server on a small machine.
    private static readonly TimeSpan s_redraw = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_lineEvery = TimeSpan.FromSeconds(2);

    public static async Task<T> RunAsync<T>(IAnsiConsole console, bool quiet, Stage stage, Func<Task<T>> work)
    {
        // A thread of its own, so that the display draws on while the work computes.
        var running = Task.Run(work);
        if (quiet)
            return await running;
        if (console.Profile.Capabilities.Interactive && console.Profile.Capabilities.Ansi)
            await DrawAsync(console, stage, running);
        else
            await PrintAsync(console, stage, running);
        return await running;
    }

    private static Task DrawAsync(IAnsiConsole console, Stage stage, Task running)
    {
        var notes = new NoteColumn();
        ProgressColumn[] columns =
            [new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), notes];
        return console.Progress().AutoRefresh(false).Columns(columns).StartAsync(async context =>
        {
            (Stage.Activity Activity, ProgressTask Task)? shown = null;
            bool ended;
            do
            {
                ended = await EndsWithinAsync(running, s_redraw);
                var activity = stage.Current;
                if (activity is null)
                    continue;
                if (shown?.Activity != activity)
                {
                    Draw(shown, notes, complete: true);
                    shown = (activity, context.AddTask(Markup.Escape(activity.Title), maxValue: activity.Total));
                }
                Draw(shown, notes, complete: ended && running.IsCompletedSuccessfully);
                context.Refresh();
            }
            while (!ended);
        });
    }

    private static void Draw((Stage.Activity Activity, ProgressTask Task)? shown, NoteColumn notes, bool complete)
    {
        if (shown is not { } bar)
            return;
        bar.Task.Value = complete ? bar.Activity.Total : Math.Min(bar.Activity.Done(), bar.Activity.Total);
        notes.Write(bar.Task, bar.Activity.Note());
    }

    private static async Task PrintAsync(IAnsiConsole console, Stage stage, Task running)
    {
        Stage.Activity? shown = null;
        var nextLine = DateTime.MaxValue;
        bool ended;
        do
        {
            ended = await EndsWithinAsync(running, s_look);
            if (stage.Current is not { } activity)
                continue;
            if (activity != shown)
            {
                shown = activity;
                nextLine = DateTime.UtcNow + s_lineEvery;
                WriteLine(console, activity.Title);
            }
            else if (DateTime.UtcNow >= nextLine && !ended)
            {
                nextLine += s_lineEvery;
                WriteLine(console, $"  {Math.Min(activity.Done() / activity.Total, 1),4:P0}  {activity.Note()}".TrimEnd());
            }
        }
        while (!ended);
    }

    /// <summary>A line as it is: the console would wrap it at 80 columns when its output is a file.</summary>
    public static void WriteLine(IAnsiConsole console, string line) => console.Profile.Out.Writer.WriteLine(line);

    private static async Task<bool> EndsWithinAsync(Task running, TimeSpan time) =>
        await Task.WhenAny(running, Task.Delay(time)) == running;

    /// <summary>The live figure behind each bar. Written and drawn by the same thread, since drawing waits for Refresh.</summary>
    private sealed class NoteColumn : ProgressColumn
    {
        private readonly Dictionary<int, string> _notes = [];

        public void Write(ProgressTask task, string note) => _notes[task.Id] = note;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(_notes.GetValueOrDefault(task.Id, ""));
    }
}
