using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Hubbub.Server.Operations;

/// <summary>
/// A log line for the person who runs the server: the time, a word where it is serious, and the sentence. One event is one line, whatever a client has put into it; an
/// exception follows on lines of its own, indented.
/// </summary>
internal sealed class StoryFormatter(TimeProvider time) : ConsoleFormatter(Title)
{
    public const string Title = "story";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write(time.GetLocalNow().ToString("HH:mm:ss ", CultureInfo.InvariantCulture));
        textWriter.Write(logEntry.LogLevel switch
        {
            LogLevel.Warning => "warning: ",
            LogLevel.Error => "error: ",
            LogLevel.Critical => "critical: ",
            _ => "",
        });
        textWriter.WriteLine(OneLine(logEntry.Formatter(logEntry.State, logEntry.Exception)));
        if (logEntry.Exception is { } exception)
            textWriter.WriteLine("    " + exception.ToString().ReplaceLineEndings(Environment.NewLine + "    "));
    }

    /// <summary>Line ends and control characters in a sentence would let a client write log lines, or colour the terminal.</summary>
    private static string OneLine(string text) =>
        text.AsSpan().ContainsAnyInRange('\0', '\u001f') ? string.Create(text.Length, text, static (line, original) =>
        {
            for (var i = 0; i < line.Length; i++)
                line[i] = char.IsControl(original[i]) ? ' ' : original[i];
        }) : text;
}
