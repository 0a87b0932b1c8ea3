using System.Diagnostics;
using Hubbub.Client;
using Hubbub.Protocol;

namespace Hubbub.SdkTests;

/// <summary>An SDK as the kit sees it: commands in, happenings out, the same words for each.</summary>
internal abstract class Sdk : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<string> _trace = [];

    public IReadOnlyList<string> Trace
    {
        get
        {
            lock (_lock)
                return [.. _trace];
        }
    }

    public static Sdk Start(string name, Uri server, params string[] tokens) =>
        name == "typescript" ? new TypeScriptSdk(server, tokens) : new DotnetSdk(server, tokens);

    public abstract void Connect();

    /// <param name="room">Which.</param>
    /// <param name="after">A position, or null for from now on.</param>
    public abstract void Join(string room, string? after = null);

    public abstract void Post(string room, string key, string text);

    public abstract ValueTask DisposeAsync();

    /// <summary>Waits until this was said, at least so many times.</summary>
    public Task SaysAsync(string line, int times = 1) => Eventually.UntilAsync(
        $"the SDK says '{line}' {times} times; it said:\n{string.Join('\n', Trace)}", () => Trace.Count(l => l == line) >= times, TimeSpan.FromSeconds(20));

    protected void Say(string line)
    {
        lock (_lock)
            _trace.Add(line);
    }
}

/// <summary>The TypeScript SDK, in Node.</summary>
internal sealed class TypeScriptSdk : Sdk
{
    private readonly Process _process;

    public TypeScriptSdk(Uri server, string[] tokens)
    {
        _process = Process.Start(new ProcessStartInfo("node", [Path.Combine(Root(), "clients/typescript/test/driver.mjs"), server.ToString(), .. tokens])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data is null ? null : $"error {line.Data}");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public override void Connect() => Tell("connect");

    public override void Join(string room, string? after = null) => Tell($"join {room} {after ?? "now"}");

    public override void Post(string room, string key, string text) => Tell($"post {room} {key} {text}");

    public override async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Tell(string command)
    {
        _process.StandardInput.WriteLine(command);
        _process.StandardInput.Flush();
    }

    private void Hear(string? line)
    {
        if (line is not null)
            Say(line);
    }

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Hubbub.slnx")))
                return folder.FullName;
        }

        throw new InvalidOperationException("The repository's root is not above the tests.");
    }
}

/// <summary>The .NET SDK.</summary>
internal sealed class DotnetSdk : Sdk
{
    private readonly HubbubClient _client;
    private readonly Dictionary<string, RoomSubscription> _rooms = [];
    private readonly List<Task> _reading = [];
    private Task _posting = Task.CompletedTask;
    private int _next;

    public DotnetSdk(Uri server, string[] tokens)
    {
        _client = new HubbubClient(new HubbubClientOptions
        {
            Url = server,
            Transports = [TransportName.WebSocket],
            Seed = 1,
            Token = (_, _) => ValueTask.FromResult(tokens[Math.Min(Interlocked.Increment(ref _next) - 1, tokens.Length - 1)]),
        });
        _client.StateChanged += (state, _) => Say($"state {state.ToString().ToLowerInvariant()}");
    }

    public override void Connect() => _ = _client.ConnectAsync().ContinueWith(
        connecting => Say($"refused {((HubbubException)connecting.Exception!.InnerException!).Code}"), TaskContinuationOptions.OnlyOnFaulted);

    public override void Join(string room, string? after = null)
    {
        var start = after is null ? RoomStart.Now : new RoomStart(After: Position.TryParse(after, out var position) ? position : throw new ArgumentException(after));
        var joined = _rooms[room] = _client.Join(RoomId.Parse(room), start);
        _reading.Add(ReadAsync(joined));
    }

    public override void Post(string room, string key, string text) => _posting = TellAsync(_posting, key, _rooms[room].Post(text, key).Posted);

    public override async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await Task.WhenAll(_reading);
    }

    /// <summary>Posts are settled in their order; who is told by a pool of threads has to keep it.</summary>
    private async Task TellAsync(Task before, string key, Task<Position> posted)
    {
        await before;
        try
        {
            Say($"posted {key} {(await posted).Sequence}");
        }
        catch (HubbubException e)
        {
            Say($"failed {key} {e.Code}");
        }
    }

    private async Task ReadAsync(RoomSubscription room)
    {
        await foreach (var update in room.ReadAsync())
        {
            Say(update switch
            {
                RoomUpdate.Happened { Event: var e } => $"event {e.Sequence} {(e.Content is MessagePosted message ? message.Text : e.Content.Type)}",
                RoomUpdate.Gap gap => $"gap {gap.From} {gap.To} {gap.Reason}",
                RoomUpdate.Read read => $"read {read.Position}",
                RoomUpdate.Left left => $"left {left.Reason}",
                _ => update.ToString(),
            });
        }
    }
}
