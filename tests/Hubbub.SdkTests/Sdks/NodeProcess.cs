using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Hubbub.TestKit;

namespace Hubbub.SdkTests.Sdks;

/// <summary>One Node for all scenarios, with a client of the TypeScript SDK for each that is asked for: starting Node takes longer than a scenario. It ends with its standard input. Thread-safe.</summary>
internal sealed class NodeProcess
{
    private static readonly Lazy<NodeProcess> OfAll = new(() => new NodeProcess());

    private readonly Lock _writing = new();
    private readonly ConcurrentDictionary<int, Action<string>> _hearers = new();
    private readonly Process _process;
    private int _last;

    private NodeProcess()
    {
        _process = Process.Start(new ProcessStartInfo("node", [Path.Combine(RepositoryRoot.Path, "clients/typescript/test/driver.mjs")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => HearTrouble(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static NodeProcess Shared => OfAll.Value;

    /// <summary>Makes a client, and returns its number.</summary>
    public int Start(string setup, Action<string> hear)
    {
        var number = Interlocked.Increment(ref _last);
        _hearers[number] = hear;
        Tell(number, $"start {setup}");
        return number;
    }

    public void Tell(int number, string command)
    {
        lock (_writing)
        {
            _process.StandardInput.WriteLine($"{number} {command}");
            _process.StandardInput.Flush();
        }
    }

    private void Hear(string? line)
    {
        if (line?.Split(' ', 2) is [var number, var words] && _hearers.TryGetValue(int.Parse(number, CultureInfo.InvariantCulture), out var hear))
            hear(words);
    }

    /// <summary>What Node complains of is nobody's in particular: every trace that is looked at shows it.</summary>
    private void HearTrouble(string? line)
    {
        foreach (var hear in _hearers.Values)
        {
            if (line is not null)
                hear($"error {line}");
        }
    }
}
