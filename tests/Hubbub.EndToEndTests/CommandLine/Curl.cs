using System.Diagnostics;
using System.Threading.Channels;
using Hubbub.TestKit;

namespace Hubbub.EndToEndTests.CommandLine;

/// <summary>The real <c>curl</c>, its output line by line. Disposing it cuts the connection: the process is killed.</summary>
public sealed class Curl : IAsyncDisposable
{
    private readonly Process _process;

    // One request's answer: bounded by what the test's room holds.
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    private Curl(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { } text)
                _lines.Writer.TryWrite(text);
            else
                _lines.Writer.TryComplete();
        };
        process.BeginOutputReadLine();
    }

    public static Curl Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("curl", ["--silent", "--no-buffer", .. arguments]) { RedirectStandardOutput = true };
        TrustTestCertificate(start);
        return new Curl(Process.Start(start) ?? throw new InvalidOperationException("curl could not be started; install your system's package."));
    }

    /// <summary>Lets a curl that is started so believe the servers of a run over TLS.</summary>
    internal static void TrustTestCertificate(ProcessStartInfo start)
    {
        if (Variant.Tls)
            start.Environment["CURL_CA_BUNDLE"] = TestCertificate.PemFile;
    }

    /// <summary>The next line; null when the answer is over.</summary>
    public async Task<string?> LineAsync() => await Eventually.WithinAsync(
        "curl says something, or ends", _lines.Reader.WaitToReadAsync().AsTask()) && _lines.Reader.TryRead(out var line) ? line : null;

    /// <summary>All that is left; empty if there was no answer.</summary>
    public async Task<string> RestAsync()
    {
        List<string> lines = [];
        while (await LineAsync() is { } line)
            lines.Add(line);
        return string.Join('\n', lines);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await Eventually.WithinAsync("curl is gone", _process.WaitForExitAsync());
        _process.Dispose();
    }
}
