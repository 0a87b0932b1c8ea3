using Hubbub.LocalCluster.Services;
using Hubbub.TestKit;
using Npgsql;
using Xunit;

namespace Hubbub.ConformanceTests.Services;

/// <summary>The private services of the tests do what is said of them, or other tests would prove less than they claim.</summary>
public sealed class PostgresServerTests : IAsyncLifetime
{
    private PostgresServer _server = null!;

    public async Task InitializeAsync() => _server = await PostgresServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task It_can_be_paused_killed_and_started_again_and_keeps_what_was_committed()
    {
        await _server.ExecuteAsync("postgres", "CREATE TABLE kept (x int); INSERT INTO kept VALUES (7)");
        await using var connection = new NpgsqlConnection(_server.ConnectionString("postgres"));
        await connection.OpenAsync();

        _server.Pause();
        await using (var command = new NpgsqlCommand("SELECT 1", connection))
        {
            var asked = command.ExecuteScalarAsync();
            await Eventually.UntilAsync("every process of it stands still", () => Pids().All(pid => State(pid) == 'T'));
            Assert.False(asked.IsCompleted);
            _server.Resume();
            Assert.Equal(1, await asked);
        }

        await _server.RestartAsync();
        Assert.Equal(7, await _server.ScalarAsync<int>("postgres", "SELECT x FROM kept"));
    }

    [Fact]
    public async Task It_ends_with_all_its_processes_and_its_folder()
    {
        var pids = Pids();
        Assert.True(pids.Count > 3);
        _server.Pause();

        await _server.DisposeAsync();

        await Eventually.UntilAsync("none of its processes is left", () => !pids.Any(IsAlive));
        Assert.False(Directory.Exists(_server.Folder));
    }

    /// <summary>The server and the processes below it.</summary>
    private List<int> Pids() =>
        [_server.Pid, .. File.ReadAllText($"/proc/{_server.Pid}/task/{_server.Pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];

    /// <summary>The letter after the name in brackets, as proc(5) has it.</summary>
    private static char State(int pid)
    {
        var line = File.ReadAllText($"/proc/{pid}/stat");
        return line[line.LastIndexOf(')') + 2];
    }

    private static bool IsAlive(int pid)
    {
        try
        {
            return State(pid) != 'Z';
        }
        catch (IOException)
        {
            return false;
        }
    }
}
