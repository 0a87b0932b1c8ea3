namespace Hubbub.Load.Reports;

/// <summary>
/// What the run is doing now. The scenario says what it begins; a display asks how far that is whenever it draws, so the
/// work itself never waits for a terminal. One writer, any readers.
/// </summary>
internal sealed class Stage
{
    private volatile Activity? _current;

    public Activity? Current => _current;

    /// <param name="title">What is done, as a user would say it.</param>
    /// <param name="total">When <paramref name="done"/> reaches this, it is complete.</param>
    /// <param name="done">How far it is; called from the display's thread.</param>
    /// <param name="note">A live figure beside the bar.</param>
    public void Begin(string title, double total, Func<double> done, Func<string>? note = null) =>
        _current = new Activity(title, total, done, note ?? (() => ""));

    internal sealed record Activity(string Title, double Total, Func<double> Done, Func<string> Note);
}
