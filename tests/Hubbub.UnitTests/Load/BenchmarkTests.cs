using Hubbub.Load;
using Hubbub.Load.Figures;
using Hubbub.Load.Scenarios;
using Spectre.Console;
using Xunit;

namespace Hubbub.UnitTests.Load;

public class BenchmarkTests
{
    [Theory]
    [InlineData("http://example.com")]
    [InlineData("http://10.0.0.1:5080")]
    [InlineData("http://0.0.0.0:5080")]
    [InlineData("http://localhost.example.com")]
    [InlineData("https://127.0.0.1:5080")]
    [InlineData("http://127.0.0.1:5080/somewhere")]
    public async Task Anything_but_this_machine_is_refused(string target)
    {
        await Assert.ThrowsAsync<BenchmarkFailure>(() => Target.FindAsync(new Uri(target), CancellationToken.None));
        Assert.Equal(2, await Benchmark.IdleAsync(new IdleOptions { Target = new Uri(target) }, Nowhere(), CancellationToken.None));
    }

    [Fact]
    public async Task A_server_that_is_not_there_ends_the_run_with_code_2()
    {
        using var listener = new Listener();
        var address = listener.Address;
        listener.Dispose();

        Assert.Equal(2, await Benchmark.PostAsync(new PostOptions { Target = address }, Nowhere(), CancellationToken.None));
    }

    [Fact]
    public async Task Options_outside_their_limits_are_refused_before_anything_is_sent()
    {
        var target = new Uri("http://127.0.0.1:9");
        foreach (var options in new PostOptions[]
        {
            new() { Target = target, Clients = 0 },
            new() { Target = target, Rooms = 1025 },
            new() { Target = target, MessageBytes = 31 },
            new() { Target = target, Via = "pigeon" },
            new() { Target = target, Duration = TimeSpan.Zero },
        })
            Assert.Throws<BenchmarkFailure>(() => OptionRules.Check(options));
        Assert.Throws<BenchmarkFailure>(() => OptionRules.Check(new FanoutOptions { Target = target, Mode = "ajar" }));
        Assert.Throws<BenchmarkFailure>(() => OptionRules.Check(new FanoutOptions { Target = target, RatePerSecond = double.NaN }));
        Assert.Throws<BenchmarkFailure>(() => OptionRules.Check(
            new FanoutOptions { Target = target, RatePerSecond = 10_000, Duration = TimeSpan.FromHours(1) }));
        OptionRules.Check(new PostOptions { Target = target });
        OptionRules.Check(new FanoutOptions { Target = target });
        OptionRules.Check(new IdleOptions { Target = target });
    }

    [Fact]
    public async Task A_stopped_run_ends_with_code_130()
    {
        using var listener = new Listener();
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();

        Assert.Equal(130, await Benchmark.IdleAsync(new IdleOptions { Target = listener.Address }, Nowhere(), stopped.Token));
    }

    [Fact]
    public void The_servers_process_is_found_by_its_listening_port()
    {
        using var listener = new Listener();

        var process = ServerProcess.Find(null, listener.Address.Port);

        Assert.NotNull(process);
        Assert.Equal(Environment.ProcessId, process.Id);
        Assert.True(process.ResidentBytes() > 1024 * 1024);
        Assert.True(process.CpuSeconds() > 0);
    }

    [Fact]
    public void Only_listening_sockets_of_the_port_count()
    {
        string[] table =
        [
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
            "   0: 0100007F:13D8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0",
            "   1: 0100007F:13D8 0100007F:A000 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 20 4 30 10 -1",
            "   2: 0100007F:13D9 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 0 0 10 0",
        ];

        Assert.Equal(["4711"], ServerProcess.ListeningInodes(table, 5080));
    }

    [Fact]
    public void More_connections_than_files_or_ports_are_refused()
    {
        Assert.Throws<BenchmarkFailure>(() => Arrangement.CheckConnections(900_000_000));
        Arrangement.CheckConnections(10);
        Assert.Equal(1024, Arrangement.OpenFilesLimit(["Limit  Soft Limit  Hard Limit  Units", "Max open files   1024   4096   files"]));
        Assert.Equal(long.MaxValue, Arrangement.OpenFilesLimit(["Max open files   unlimited   unlimited   files"]));
    }

    [Fact]
    public void The_median_of_commit_rates_is_the_middle()
    {
        Assert.Equal(0, CommitRate.Middle([]));
        Assert.Equal(3, CommitRate.Middle([9, 1, 3]));
        Assert.Equal(2.5, CommitRate.Middle([4, 1, 2, 3]));
    }

    [Fact]
    public void A_machine_is_busy_with_everything_but_idling_and_waiting_for_the_disk() =>
        Assert.Equal(1.11 + 30, CpuSpan.BusySeconds(["cpu  100 10 1 50000 60000 1000 1000 1000 7 7", "cpu0 1 1 1 1"]), 6);

    private static IAnsiConsole Nowhere() =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null) });
}
