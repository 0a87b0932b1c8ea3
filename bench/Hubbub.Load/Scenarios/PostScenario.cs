using System.Text;
using Hubbub.Load.Checks;
using Hubbub.Load.Figures;
using Hubbub.Load.Loop;
using Hubbub.Load.Posting;
using Hubbub.Load.Reports;
using Hubbub.Load.Wire;

namespace Hubbub.Load.Scenarios;

/// <summary>
/// How many durable posts a second the server acknowledges to closed-loop clients, beside what its disk could commit by
/// itself; then every acknowledgement is checked against the rooms' logs.
/// </summary>
internal sealed class PostScenario
{
    private static readonly long s_drain = Clock.Milliseconds(10_000);
    private static readonly TimeSpan s_comeback = TimeSpan.FromSeconds(15);

    private readonly PostOptions _options;
    private readonly Target _target;
    private readonly Target[] _targets;
    private readonly List<double> _storeCommits = [];
    private readonly Stage _stage;
    private readonly string _run = Arrangement.NewRun();
    private readonly Findings _findings = new();
    private readonly PostTally _tally = new();
    private readonly AckLedger _ledger;
    private readonly ServerProcess? _server;

    private PostScenario(PostOptions options, Target[] targets, Stage stage)
    {
        _options = options;
        _targets = targets;
        _target = targets[0];
        _stage = stage;
        _ledger = new AckLedger(options.Clients, options.Rooms);
        _server = ServerProcess.Find(options.ServerPid, _target.EndPoint.Port);
    }

    public static async Task<Report> RunAsync(PostOptions options, Stage stage, CancellationToken cancel)
    {
        OptionRules.Check(options);
        Arrangement.CheckConnections(options.Clients);
        var targets = new List<Target>();
        foreach (var uri in options.Others.Prepend(options.Target))
            targets.Add(await Target.FindAsync(uri, cancel));
        return await new PostScenario(options, [.. targets], stage).RunAsync(cancel);
    }

    private async Task<Report> RunAsync(CancellationToken cancel)
    {
        var disk = new CommitRate(_options.DataFolder ?? Path.GetTempPath());
        await MeasureDiskAsync(disk, cancel);
        var tokens = await Arrangement.MakeGuestsAsync(_target, _options.Clients, _stage, cancel);
        var rooms = await Arrangement.MakeRoomsAsync(_target, tokens[0], _run, "room", _options.Rooms, cancel);
        var cpu = await PostAsync(tokens, rooms, cancel);
        var intact = await AuditAsync(tokens[0], rooms, cancel);
        await MeasureDiskAsync(disk, cancel);
        return Report(cpu, intact, _storeCommits.Count > 0 ? DiskFigures.OfStore(_storeCommits) : DiskFigures.Of(disk));
    }

    private async Task MeasureDiskAsync(CommitRate disk, CancellationToken cancel)
    {
        var from = Clock.Now;
        if (_options.StoreCommitRate is { } measure)
        {
            _stage.Begin("Measuring the store alone", 1.5, () => Clock.Seconds(Clock.Now - from));
            _storeCommits.Add(await measure(cancel));
            return;
        }

        _stage.Begin("Measuring the disk alone", 1.5, () => Clock.Seconds(Clock.Now - from));
        await disk.MeasureAsync(cancel);
    }

    private async Task<CpuSpan> PostAsync(string[] tokens, string[] rooms, CancellationToken cancel)
    {
        await using var loops = new LoopSet();
        var loop = loops.Start("posters");
        var interval = _options.RatePerSecond > 0 ? (long)(1e9 * _options.Clients / _options.RatePerSecond) : 0;
        var clients = Enumerable.Range(0, _options.Clients)
            .Select(i => new PostClient(i, i % _options.Rooms, _tally, _ledger, interval, interval / _options.Clients * i)).ToArray();
        var posters = new IPoster[_options.Clients];
        var filler = MessageTemplate.Filler(_options.MessageBytes, _options.Seed);
        var opened = 0;
        _stage.Begin($"Opening {_options.Clients:#,0} connections", _options.Clients, () => Volatile.Read(ref opened));
        for (var t = 0; t < _targets.Length; t++)
        {
            var (node, mine) = (_targets[t], Enumerable.Range(0, _options.Clients).Where(i => i % _targets.Length == t).ToArray());
            await Ramp.OpenAsync(loop, node, mine.Length, k =>
            {
                var i = mine[k];
                var poster = Poster(loop, node, i, tokens[i], rooms[i % rooms.Length], filler, clients[i]);
                posters[i] = (IPoster)poster;
                return poster;
            }, () => opened++, cancel);
        }


        var start = Clock.Now + Clock.Milliseconds(20);
        _tally.Begin = start + Clock.Of(_options.WarmUp);
        _tally.End = _tally.Begin + Clock.Of(_options.Duration);
        var drained = Begin(loop, clients, posters);
        BeginMeasuredStage(start);
        await loops.WaitUntilAsync(_tally.Begin, cancel);
        var cpu = CpuSpan.Begin(_server);
        await loops.WaitAsync(Task.WhenAny(drained, Task.Delay(_options.Duration, cancel)));
        cancel.ThrowIfCancellationRequested();
        cpu.Finish();
        await loops.WaitAsync(drained.WaitAsync(cancel));
        return cpu;
    }

    private LoopConnection Poster(EventLoop loop, Target target, int client, string token, string room, string filler, PostClient observer) =>
        _options.Via == "ws"
            ? new SocketPoster(loop, target, token, MessageTemplate.ForSocket(room, filler, _run, client), observer)
            : new HttpPoster(loop, MessageTemplate.ForHttp(target, token, room, filler, _run, client), observer);

    /// <summary>Lets all clients go; the task completes when the last answer came, or 10 s after the end without it.</summary>
    private Task Begin(EventLoop loop, PostClient[] clients, IPoster[] posters)
    {
        var drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(() =>
        {
            for (var i = 0; i < clients.Length; i++)
                clients[i].Begin(posters[i], Clock.Now);
            loop.OnTick(now =>
            {
                foreach (var client in clients)
                {
                    client.OnTick(now);
                    if (now > _tally.End + s_drain)
                        client.Abandon();
                }
                if (Array.TrueForAll(clients, client => client.IsDone))
                    drained.TrySetResult();
            });
        });
        return drained.Task;
    }

    private void BeginMeasuredStage(long start)
    {
        var seconds = (_options.WarmUp + _options.Duration).TotalSeconds;
        _stage.Begin("Posting", seconds, () => Math.Max(0, Clock.Seconds(Clock.Now - start)), () =>
        {
            var elapsed = Clock.Seconds(Clock.Now - start);
            return elapsed < 0.1 ? "" : FormattableString.Invariant($"{_tally.Acknowledged / elapsed:#,0} posts/s");
        });
    }

    private async Task<Check> AuditAsync(string token, string[] rooms, CancellationToken cancel)
    {
        const string name = "Every acknowledged post is in the log once, where it was acknowledged, without holes";
        var audit = new LogAudit(_ledger, _findings);
        try
        {
            await ReadLogsAsync(audit, token, rooms, cancel);
        }
        catch (BenchmarkFailure failure)
        {
            return new Check(name, false, $"The logs could not be read back. {failure.Message}");
        }
        if (!_findings.None)
            return new Check(name, false, _findings.Summary);
        return new Check(name, true, FormattableString.Invariant(
            $"{audit.Events:#,0} events of {rooms.Length} rooms read back, {audit.Unacknowledged} stored unacknowledged"));
    }

    private async Task ReadLogsAsync(LogAudit audit, string token, string[] rooms, CancellationToken cancel)
    {
        var read = 0L;
        _stage.Begin("Reading the logs back", Math.Max(1, _ledger.Count), () => Volatile.Read(ref read));
        // A server that went away under load may be coming back, and its promises hold across that.
        using var conversation = _tally.FaultCount > 0
            ? await HttpConversation.OpenWithinAsync(s_comeback, _target, cancel)
            : await HttpConversation.OpenAsync(_target, cancel);
        var run = Encoding.ASCII.GetBytes(_run);
        for (var room = 0; room < rooms.Length; room++)
        {
            audit.BeginRoom(room);
            await LogReader.ReadAsync(conversation, token, rooms[room], run, audit, events => read += events, cancel);
        }
        audit.Finish();
    }

    private PostReport Report(CpuSpan cpu, Check intact, DiskFigures disk)
    {
        // A run whose clients all stopped (the limit of posts, a lost server) ended before its time.
        var seconds = Math.Min(cpu.WallSeconds, _options.Duration.TotalSeconds);
        var rate = _tally.Measured / seconds;
        return new PostReport
        {
            Machine = Machine.Here(),
            Target = string.Join(", ", _options.Others.Prepend(_options.Target)),
            OfferedPerSecond = _options.RatePerSecond > 0 ? _options.RatePerSecond : null,
            Via = _options.Via,
            Clients = _options.Clients,
            Rooms = _options.Rooms,
            MessageBytes = _options.MessageBytes,
            Seed = _options.Seed,
            Seconds = Math.Round(seconds, 3),
            WarmUpSeconds = _options.WarmUp.TotalSeconds,
            Acknowledged = _tally.Measured,
            PostsPerSecond = Math.Round(rate, 1),
            Latency = LatencyFigures.Of(_tally.Latency),
            Refusals = _tally.Refusals,
            Disk = disk,
            PostsPerBareCommit = disk.CommitsPerSecond > 0 ? Math.Round(rate / disk.CommitsPerSecond, 2) : 0,
            Cpu = CpuFigures.Of(_server, cpu),
            Checks =
            [
                new("Posts were acknowledged", _tally.Measured > 0, FormattableString.Invariant($"{_ledger.Count:#,0} with the warm-up")),
                new("Every post got its acknowledgement", _tally.IsClean, _tally.Troubles),
                intact,
            ],
        };
    }
}
