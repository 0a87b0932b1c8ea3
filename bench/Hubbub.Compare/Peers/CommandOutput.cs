using System.ComponentModel;
using System.Diagnostics;

namespace Hubbub.Compare.Peers;

/// <summary>What a short command says.</summary>
internal static class CommandOutput
{
    /// <summary>Its first line, on either of its outputs; "unknown" if it says nothing or is not there.</summary>
    public static string Line(string program, params string[] arguments) => Text(program, arguments).Split('\n')[0] is { Length: > 0 } line ? line : "unknown";

    /// <summary>All that it says; empty if it is not there.</summary>
    public static string Text(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            // Short words only: neither pipe can fill up while the other one is read.
            var said = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
            process.WaitForExit();
            return said.Trim();
        }
        catch (Win32Exception)
        {
            return "";
        }
    }
}
