using System.Text;
using Hubbub.Load.Checks;
using Hubbub.Load.Figures;
using Hubbub.Load.Listening;
using Hubbub.Load.Loop;
using Hubbub.Load.Posting;
using Hubbub.Load.Reports;
using Hubbub.Load.Wire;

namespace Hubbub.Load.Scenarios;

/// <summary>
/// One room, many listeners, one poster, and idle connections beside them: how fast, how late, and whether all of it arrived.
/// </summary>
internal sealed class FanoutScenario
{
    /// <summary>In the open mode a post may be due while others still wait for their commit.</summary>
    private const int OpenHttpPosters = 16;

    private static readonly long s_drain = Clock.Milliseconds(10_000);

    private readonly FanoutOptions _options;
    private readonly Target _target;
    private readonly Target[] _targets;
    private readonly Stage _stage;
    private readonly string _run = Arrangement.NewRun();
    private readonly Findings _findings = new();
    private readonly PostTally _tally = new();
    private readonly AckLedger _ledger = new(1, 1);
    private readonly ServerProcess? _server;
    private readonly List<(EventLoop Loop, ListenerGroup Group)> _groups = [];
    private IdleStep? _idleStep;
    private IdleFigures? _idle;

    private FanoutScenario(FanoutOptions options, Target[] targets, Stage stage)
    {
        _options = options;
        _targets = targets;
        _target = targets[0];
        _stage = stage;
        _server = ServerProcess.Find(options.ServerPid, _target.EndPoint.Port);
    }

    public static async Task<Report> RunAsync(FanoutOptions options, Stage stage, CancellationToken cancel)
    {
        OptionRules.Check(options);
        Arrangement.CheckConnections(options.Listeners + options.Idle + OpenHttpPosters);
        var targets = new List<Target>();
        foreach (var uri in options.Others.Prepend(options.Target))
            targets.Add(await Target.FindAsync(uri, cancel));
        return await new FanoutScenario(options, [.. targets], stage).RunAsync(cancel);
    }

    private async Task<Report> RunAsync(CancellationToken cancel)
    {
        var tokens = await Arrangement.MakeGuestsAsync(_target, 1 + _options.Listeners + _options.Idle, _stage, cancel);
        var room = (await Arrangement.MakeRoomsAsync(_target, tokens[0], _run, "room", 1, cancel))[0];
        await using var loops = new LoopSet();
        if (_options.Idle > 0)
        {
            _idleStep = new IdleStep(_target, _run, _server, _stage);
            _idle = await _idleStep.OpenAsync(loops, tokens[(1 + _options.Listeners)..], _options.IdleRooms, cancel);
        }
        await OpenListenersAsync(loops, tokens[1..(1 + _options.Listeners)], room, cancel);
        var posting = await OpenPostersAsync(loops, tokens[0], room, cancel);
        var cpu = await MeasureAsync(loops, posting, cancel);
        await AwaitDeliveryAsync(loops, cancel);
        await AuditAsync();
        return Report(cpu, posting);
    }

    private async Task OpenListenersAsync(LoopSet loops, string[] tokens, string room, CancellationToken cancel)
    {
        var run = Encoding.ASCII.GetBytes(_run);
        var opened = 0;
        _stage.Begin($"Opening {tokens.Length:#,0} listeners", tokens.Length, () => Volatile.Read(ref opened));
        for (var g = 0; g < _options.Loops; g++)
            _groups.Add((loops.Start($"listeners {g}"), new ListenerGroup(run, PostTally.MaxPosts, _findings)));
        for (var g = 0; g < _groups.Count; g++)
        {
            var (loop, group) = _groups[g];
            var first = g * tokens.Length / _groups.Count;
            var count = (g + 1) * tokens.Length / _groups.Count - first;
            for (var t = 0; t < _targets.Length; t++)
            {
                var (node, from, to) = (_targets[t], t * count / _targets.Length, (t + 1) * count / _targets.Length);
                await Ramp.OpenAsync(loop, node, to - from, i =>
                {
                    var listener = new RoomListener(loop, node, tokens[first + from + i], room, first + from + i, group);
                    group.Listeners.Add(listener);
                    return listener;
                }, () => opened++, cancel);
            }
        }
    }

    private async Task<FanoutPosting> OpenPostersAsync(LoopSet loops, string token, string room, CancellationToken cancel)
    {
        var closed = _options.Mode == "closed";
        var loop = loops.Start("poster");
        var filled = _groups.Where(pair => pair.Group.Listeners.Count > 0).ToList();
        var posting = new FanoutPosting(loop, closed ? null : _options.RatePerSecond, filled.Count, _tally, _ledger);
        if (closed)
            filled.ForEach(pair => pair.Group.AllHeard = posting.GroupHeard);
        var filler = MessageTemplate.Filler(_options.MessageBytes, _options.Seed);
        var count = _options.Via == "ws" || closed ? 1 : OpenHttpPosters;
        await Ramp.OpenAsync(loop, _target, count, _ =>
        {
            LoopConnection poster = _options.Via == "ws"
                ? new SocketPoster(loop, _target, token, MessageTemplate.ForSocket(room, filler, _run, 0), posting)
                : new HttpPoster(loop, MessageTemplate.ForHttp(_target, token, room, filler, _run, 0), posting);
            posting.Add((IPoster)poster);
            return poster;
        }, () => { }, cancel);
        return posting;
    }

    private async Task<CpuSpan> MeasureAsync(LoopSet loops, FanoutPosting posting, CancellationToken cancel)
    {
        var start = Clock.Now + Clock.Milliseconds(50);
        _tally.Begin = start + Clock.Of(_options.WarmUp);
        _tally.End = _tally.Begin + Clock.Of(_options.Duration);
        foreach (var (loop, group) in _groups)
        {
            await loop.AskAsync(() =>
            {
                group.Begin = _tally.Begin;
                group.End = _tally.End;
                return true;
            });
        }
        var seconds = (_options.WarmUp + _options.Duration).TotalSeconds;
        _stage.Begin("Posting to all listeners", seconds, () => Math.Max(0, Clock.Seconds(Clock.Now - start)), () =>
        {
            var elapsed = Clock.Seconds(Clock.Now - start);
            return elapsed < 0.1 ? "" : FormattableString.Invariant($"{Delivered / elapsed:#,0} deliveries/s");
        });
        posting.Begin(start);
        await loops.WaitUntilAsync(_tally.Begin, cancel);
        var cpu = CpuSpan.Begin(_targets.Length == 1
            ? (_server is null ? [] : [_server])
            : [.. _targets.Select(t => ServerProcess.Find(null, t.EndPoint.Port)).OfType<ServerProcess>()]);
        await loops.WaitAsync(Task.WhenAny(posting.Finished, Task.Delay(_options.Duration, cancel)));
        cancel.ThrowIfCancellationRequested();
        cpu.Finish();
        await loops.WaitAsync(posting.Finished.WaitAsync(cancel));
        return cpu;
    }

    /// <summary>
    /// Waits until every listener has heard the newest acknowledged event, 10 s at most; the audit tells what was not.
    /// </summary>
    private async Task AwaitDeliveryAsync(LoopSet loops, CancellationToken cancel)
    {
        var head = _ledger.LastOf(0);
        var deadline = Clock.Now + s_drain;
        foreach (var (loop, group) in _groups)
        {
            while (!await loop.AskAsync(() => DeliveryAudit.HasHeard(group, head)) && Clock.Now < deadline)
                await loops.WaitUntilAsync(Clock.Now + Clock.Milliseconds(EventLoop.TickMilliseconds), cancel);
        }
    }

    private async Task AuditAsync()
    {
        var head = _ledger.LastOf(0);
        foreach (var (loop, group) in _groups)
            await loop.AskAsync(() => DeliveryAudit.Check(group, _ledger, head, _findings));
    }

    /// <summary>In all, warm-up included.</summary>
    private long Delivered => _groups.Sum(pair => pair.Group.Deliveries);

    private FanoutReport Report(CpuSpan cpu, FanoutPosting posting)
    {
        var latency = new LatencyHistogram();
        foreach (var (_, group) in _groups)
            latency.Merge(group.Latency);
        var deliveries = _groups.Sum(pair => pair.Group.Measured);
        // Posting that broke off ended the measuring with it.
        var seconds = Math.Min(cpu.WallSeconds, _options.Duration.TotalSeconds);
        return new FanoutReport
        {
            Machine = Machine.Here(),
            Target = string.Join(", ", _options.Others.Prepend(_options.Target)),
            Mode = _options.Mode,
            Via = _options.Via,
            Listeners = _options.Listeners,
            MessageBytes = _options.MessageBytes,
            Seed = _options.Seed,
            Seconds = Math.Round(seconds, 3),
            WarmUpSeconds = _options.WarmUp.TotalSeconds,
            RatePerSecond = _options.Mode == "open" ? _options.RatePerSecond : null,
            Posts = _ledger.Count,
            Deliveries = deliveries,
            DeliveriesPerSecond = Math.Round(deliveries / seconds, 1),
            Latency = LatencyFigures.Of(latency),
            SendDelay = LatencyFigures.Of(posting.SendDelay),
            Acknowledgement = LatencyFigures.Of(_tally.Latency),
            Refusals = _tally.Refusals,
            Cpu = CpuFigures.Of(_server, cpu),
            ServerMicrosecondsPerDelivery = cpu.ServerSeconds is { } used && deliveries > 0
                ? Math.Round(used * 1e6 / deliveries, 3)
                : null,
            Idle = _idle,
            Checks = Checks(deliveries),
        };
    }

    private List<Check> Checks(long deliveries)
    {
        List<Check> checks =
        [
            new("Messages were delivered", deliveries > 0, FormattableString.Invariant($"{_ledger.Count:#,0} posts with the warm-up")),
            new("Every post got its acknowledgement", _tally.IsClean, _tally.Troubles),
            new("Every listener got every message once and in order", _findings.None, _findings.None
                ? FormattableString.Invariant($"{Delivered:#,0} deliveries to {_options.Listeners:#,0} listeners")
                : _findings.Summary),
        ];
        if (_idleStep is not null)
            checks.Add(_idleStep.StayedOpen(_options.Idle));
        return checks;
    }
}
