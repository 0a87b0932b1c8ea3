using System.Diagnostics;
using System.Text;

namespace Hubbub.LocalCluster;

/// <summary>Starts programs and keeps what they write.</summary>
public static class OutputReader
{
    /// <summary>Starts a program and appends the lines that it writes to standard output and error, as they come; who reads them locks <paramref name="output"/>.</summary>
    public static Process Start(ProcessStartInfo command, StringBuilder output)
    {
        command.RedirectStandardOutput = true;
        command.RedirectStandardError = true;
        var process = Process.Start(command) ?? throw new InvalidOperationException($"{command.FileName} could not be started.");
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;

        void Append(string? line)
        {
            if (line is null)
                return;
            lock (output)
                output.AppendLine(line);
        }
    }
}
