using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Hubbub.Client;
using Hubbub.Protocol;
using Hubbub.Torture.Clients;
using Hubbub.Torture.Faults;
using Hubbub.Torture.History;
using Npgsql;

namespace Hubbub.Torture;

/// <summary>One run: a cluster, clients that use it, faults, quiet, and then the question whether everybody saw the same story.</summary>
internal sealed class TortureRun : IAsyncDisposable
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(4.5);

    /// <summary>Under faults what stood before the removal in the log may still be on its way; nothing behind it is ever told.</summary>
    private static readonly TimeSpan RemovalGrace = TimeSpan.FromSeconds(5);
    private static readonly RoomId Club = RoomId.Parse("club");
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LongestRecovery = TimeSpan.FromSeconds(60);

    private readonly TortureOptions _options;
    private readonly TortureCluster _cluster;
    private readonly Action<string> _stage;
    private readonly HistoryRecorder _history = new(TimeProvider.System);
    private readonly Tally _tally = new();
    private readonly List<Listener> _listeners = [];
    private readonly List<Publisher> _publishers = [];
    private readonly List<(string Fault, TimeSpan Time)> _recoveries = [];
    private readonly List<TimeSpan> _resumed = [];
    private readonly RoomId[] _rooms;
    private HubbubClient _prober = null!;
    private int _probes;

    private TortureRun(TortureOptions options, TortureCluster cluster, Action<string> stage)
    {
        _options = options;
        _cluster = cluster;
        _stage = stage;
        _rooms = [.. Enumerable.Range(0, options.Rooms).Select(i => RoomId.Parse($"room{i}"))];
    }

    public static async Task<Verdict> RunAsync(TortureOptions options, Action<string> stage, CancellationToken ct)
    {
        Check(options);
        await using var cluster = await TortureCluster.StartAsync(options, stage);
        await using var run = new TortureRun(options, cluster, stage);
        return await run.RunAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var publisher in _publishers)
            await publisher.DisposeAsync();
        await Parallel.ForEachAsync(_listeners, async (listener, _) => await listener.DisposeAsync());
        if (_prober is not null)
            await _prober.DisposeAsync();
    }

    private async Task<Verdict> RunAsync(CancellationToken ct)
    {
        _stage("clients come in");
        _prober = new HubbubClient(ClientOptions("prober", 0, TransportName.WebSocket));
        foreach (var room in _rooms)
            await _prober.Api.CreateRoomAsync(room, ct: ct);
        await ComeInAsync(ct);

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var removing = RemoveAndReturnAsync(enough.Token, ct);
        var publishing = _publishers.Select(p => p.RunAsync(_rooms, enough.Token, giveUp.Token)).ToArray();
        var reading = ReadPagesAsync(enough.Token);
        var watch = Stopwatch.StartNew();
        var before = _tally.SawReconnecting;
        await TortureAsync(watch, ct);
        _stage("quiet");
        await Task.Delay(Quiet, ct);
        await enough.CancelAsync();
        giveUp.CancelAfter(LongestRecovery);
        await Task.WhenAll(publishing);
        await reading;
        await removing;
        _stage("the last are told");
        await ConvergeAsync(ct);
        _stage("reading everything once more");
        await ReadFinalAsync(ct);
        _stage("looking for anomalies");
        var history = _history.Finish();
        var findings = HistoryChecker.Check(history, new CheckOptions { RemovalGrace = RemovalGrace });
        var verdict = new Verdict
        {
            Options = _options,
            Seconds = watch.Elapsed.TotalSeconds,
            Acknowledged = _tally.Acknowledged,
            Delivered = _tally.DeliveredInAll,
            Unanswered = _tally.Uncertain,
            Answers = _tally.Answers,
            LongestWait = _tally.LongestWait,
            Removals = _tally.Removals,
            SawReconnecting = _tally.SawReconnecting - before,
            Latency50 = _tally.Latency(50),
            Latency99 = _tally.Latency(99),
            LatencyMost = _tally.Latency(100),
            Recoveries = _recoveries,
            Resumed = _resumed,
            Findings = findings,
            Wrong = _tally.WrongSentences,
            Wrongs = _tally.Wrongs,
            Records = history.Records.Count,
        };
        if (!verdict.Passed)
            await KeepAsync(history);
        return verdict;
    }

    private async Task ComeInAsync(CancellationToken ct)
    {
        TransportName[] transports = [TransportName.WebSocket, TransportName.EventStream, TransportName.LongPoll];

        // Of a crowd nearly all are on sockets, as in life.
        for (var i = 0; i < _options.Listeners; i++)
        {
            var transport = i < 24 ? transports[i % transports.Length] : TransportName.WebSocket;
            _listeners.Add(new Listener($"listener-{i}", ClientOptions($"l{i}", i, transport), i < _options.Witnesses ? _history : null, _tally));
        }

        await Parallel.ForEachAsync(_listeners.Index(), new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = ct }, async (pair, token) =>
        {
            var mine = _options.Listeners > 100 ? [_rooms[pair.Index % _rooms.Length]] : _rooms.Where((_, r) => (r + pair.Index) % 2 == 0 || _rooms.Length < 2);
            await pair.Item.BeginAsync(mine, token);
        });
        var interval = TimeSpan.FromSeconds(_options.Publishers / _options.Rate);
        for (var i = 0; i < _options.Publishers; i++)
        {
            var publisher = new Publisher($"publisher-{i}", ClientOptions($"p{i}", 1000 + i, transports[i % transports.Length]), byOutbox: i % 2 == 0, interval, _history, _tally);
            _publishers.Add(publisher);
            await publisher.Client.ConnectAsync(ct);
        }
    }

    private async Task TortureAsync(Stopwatch watch, CancellationToken ct)
    {
        var schedule = new Schedule(_options, _cluster);
        var phase = 0;
        while (watch.Elapsed < _options.Duration)
        {
            var due = (int)(watch.Elapsed.TotalSeconds / _options.Duration.TotalSeconds * _options.Brokers.Count);
            if (due > phase)
            {
                phase = due;
                _stage($"changing to {_options.Brokers[phase]}");
                await DoAsync(new Fault($"change-to-{_options.Brokers[phase]}", TimeSpan.Zero, () => _cluster.ChooseBrokerAsync(_options.Brokers[phase], restart: true), () => Task.CompletedTask), ct);
            }

            await DoAsync(schedule.Next(), ct);
        }
    }

    private async Task DoAsync(Fault fault, CancellationToken ct)
    {
        _stage(string.Create(CultureInfo.InvariantCulture, $"{_cluster.BrokerName}: {fault.Name} (fault {_recoveries.Count + 1}, {_tally.Acknowledged:#,0} acknowledged)"));
        _history.Note(at => new FaultNoted(at, $"{fault.Name} begins"));
        var began = Stopwatch.GetTimestamp();
        await fault.Begin();
        var resuming = fault.TakesNode ? MeasureAsync(began, ct) : null;
        await Task.Delay(fault.Hold, ct);
        await fault.End();
        var healed = Stopwatch.GetTimestamp();
        _history.Note(at => new FaultNoted(at, $"{fault.Name} is healed"));
        if (resuming is not null)
            _resumed.AddRange(await resuming);
        var times = await MeasureAsync(healed, ct);
        _recoveries.Add((fault.Name, times.Max()));
    }

    /// <summary>Posts in every room, and waits until every listener has it: how long that took for each since then.</summary>
    private async Task<IReadOnlyList<TimeSpan>> MeasureAsync(long since, CancellationToken ct)
    {
        var heads = await Task.WhenAll(_rooms.Select(room => ProbeAsync(room, ct)));
        var times = new TimeSpan[_listeners.Count];
        var open = Enumerable.Range(0, times.Length).ToHashSet();
        while (open.Count > 0)
        {
            open.RemoveWhere(i =>
            {
                if (!_rooms.Index().All(r => _listeners[i].Has(r.Item, heads[r.Index])))
                    return false;
                times[i] = Stopwatch.GetElapsedTime(since);
                return true;
            });
            if (Stopwatch.GetElapsedTime(since) > LongestRecovery)
            {
                foreach (var i in open)
                {
                    _tally.Wrong($"{_listeners[i].Name} ({_listeners[i].Client.State} over {_listeners[i].Client.Transport}) has not caught up within {LongestRecovery.TotalSeconds} s.");
                    times[i] = LongestRecovery;
                }

                break;
            }

            await Task.Delay(10, ct);
        }

        return times;
    }

    private Task<long> ProbeAsync(RoomId room, CancellationToken ct) => SayAsync(room, $"probe-{Interlocked.Increment(ref _probes)}", ct);

    /// <summary>Posts until it is stored, and returns where.</summary>
    private async Task<long> SayAsync(RoomId room, string key, CancellationToken ct)
    {
        _history.Note(at => new PostInvoked(at, "prober", room, key, Fingerprint.Of(key)));
        while (true)
        {
            var began = Stopwatch.GetTimestamp();
            try
            {
                var position = await _prober.Api.PostAsync(room, key, key, ct: ct);
                _history.Note(at => new PostConfirmed(at, "prober", room, key, position));
                _tally.Answered(Stopwatch.GetElapsedTime(began), "ok");
                return position.Sequence;
            }
            catch (HubbubException e)
            {
                _tally.Answered(Stopwatch.GetElapsedTime(began), e.Code);
                _history.Note(at => new PostUncertain(at, "prober", room, key));
                await Task.Delay(50, ct);
                _history.Note(at => new PostInvoked(at, "prober", room, key, Fingerprint.Of(key)));
            }
        }
    }

    /// <summary>Somebody who reads pages all the time: nothing that was acknowledged may be missing in a later one.</summary>
    private async Task ReadPagesAsync(CancellationToken stop)
    {
        var after = _rooms.ToDictionary(r => r, _ => Position.Start);
        try
        {
            for (var i = 0; ; i++)
            {
                var room = _rooms[i % _rooms.Length];
                var invoked = _history.Now;
                try
                {
                    var from = after[room];
                    var page = await _prober.Api.PageAsync(room, from, null, null, 1000, stop);
                    var upTo = page.Events.Count < 1000 ? long.MaxValue : page.Position.Sequence;
                    _history.Note(at => new PageRead(at, invoked, "reader", room, page.Position.Epoch, from.Sequence, upTo, [.. page.Events.Select(Witness.EntryOf)]));

                    // Some are read twice, from further back.
                    after[room] = i % 3 == 0 ? from : page.Position;
                }
                catch (HubbubException)
                {
                    // It is asked again.
                }

                await Task.Delay(250, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }
    }

    /// <summary>One who is removed from a private room and invited again, by turns, while its owner goes on talking there: nothing may reach them in between.</summary>
    private async Task RemoveAndReturnAsync(CancellationToken stop, CancellationToken ct)
    {
        await _prober.Api.CreateRoomAsync(Club, visibility: Visibility.Private, ct: ct);
        await using var guest = new Listener("guest", ClientOptions("guest", 7_777, TransportName.WebSocket), _history, _tally) { MayBeRemovedFrom = Club };
        await guest.BeginAsync([], ct);
        var user = (await InsistAsync(() => guest.Client.Api.MeAsync(ct), ct)).User.Id;
        var talking = TalkAsync(stop, ct);
        var stands = Position.Start;
        while (!stop.IsCancellationRequested)
        {
            await InsistAsync(async () =>
            {
                await guest.Client.Api.AcceptAsync(await _prober.Api.InviteAsync(Club, ct), ct);
                return true;
            }, ct);
            _history.Note(at => new MemberReturned(at, guest.Name, Club));
            var room = guest.Rejoin(Club, stands);
            await Task.Delay(TimeSpan.FromSeconds(4), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await InsistAsync(async () =>
            {
                try
                {
                    await _prober.Api.RemoveAsync(Club, user, ct);
                }
                catch (HubbubException e) when (e.Code == "not_found")
                {
                    // The answer to the attempt before was lost.
                }

                return true;
            }, ct);
            _history.Note(at => new MemberRemoved(at, guest.Name, Club));

            // Long enough for something that came too late to be seen. Whoever was cut off in that moment hears of it when they come back.
            await Task.Delay(RemovalGrace + TimeSpan.FromSeconds(2), CancellationToken.None);
            while (!room.HasEnded)
                await Task.Delay(50, ct);
            stands = room.Position ?? stands;
        }

        await talking;
    }

    private async Task TalkAsync(CancellationToken stop, CancellationToken ct)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            await SayAsync(Club, $"club-{i}", ct);
            await Task.Delay(100, CancellationToken.None);
        }
    }

    /// <summary>Tries again what was not answered, or refused for now.</summary>
    private static async Task<T> InsistAsync<T>(Func<Task<T>> act, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                return await act();
            }
            catch (HubbubException e) when (e.Retryable || !e.IsServers || e.Code is "gone" or "not_found")
            {
                await Task.Delay(100, ct);
            }
        }
    }

    private async Task ConvergeAsync(CancellationToken ct) => await MeasureAsync(Stopwatch.GetTimestamp(), ct);

    /// <summary>Each room from its beginning, by a fresh client over a node and straight from the store.</summary>
    private async Task ReadFinalAsync(CancellationToken ct)
    {
        await using var fresh = new HubbubClient(ClientOptions("fresh", 9_999, TransportName.WebSocket));
        await using var store = new NpgsqlConnection(_cluster.Connection);
        await store.OpenAsync(ct);

        // Of the private room its owner reads.
        foreach (var (room, reader) in _rooms.Select(r => (r, fresh)).Append((Club, _prober)))
        {
            var told = new List<Entry>();
            var epoch = default(Epoch);
            for (var after = Position.Start; ;)
            {
                var page = await reader.Api.PageAsync(room, after, null, null, 1000, ct);
                told.AddRange(page.Events.Select(Witness.EntryOf));
                if (page.Events.Count == 0)
                    break;
                (after, epoch) = (page.Position, page.Position.Epoch);
            }

            _history.Note(at => new FinalLog(at, room, FinalSource.Client, told));
            var stored = await StoredAsync(store, room, epoch, told, ct);
            _history.Note(at => new FinalLog(at, room, FinalSource.Store, stored));
        }
    }

    private static async Task<List<Entry>> StoredAsync(NpgsqlConnection store, RoomId room, Epoch epoch, List<Entry> told, CancellationToken ct)
    {
        var stored = new List<Entry>();
        await using var command = new NpgsqlCommand("SELECT sequence, key, type, body FROM hubbub.events WHERE room_id = $1 ORDER BY sequence", store);
        command.Parameters.AddWithValue(room.Value);
        await using var rows = await command.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct))
        {
            var position = new Position(epoch, rows.GetInt64(0));

            // What is no message has another form in the store; its place and type are compared.
            var asTold = told.ElementAtOrDefault(stored.Count);
            stored.Add(rows.GetString(2) == "message" && !rows.IsDBNull(1)
                ? new Entry(position, rows.GetString(1), Fingerprint.Of(rows.GetString(3)))
                : new Entry(position, $"#{rows.GetString(2)}", asTold.Hash));
        }

        return stored;
    }

    private HubbubClientOptions ClientOptions(string name, int seed, TransportName transport) => new()
    {
        Url = _cluster.Balancer.Url,
        GuestName = name,
        Transports = [transport],
        Seed = _options.Seed + seed,
        PingAfter = TimeSpan.FromSeconds(2.5),
        AnswerWithin = TimeSpan.FromSeconds(2),
        RequestTimeout = AnswerWithin,
        PollWait = TimeSpan.FromSeconds(2),
    };

    private async Task KeepAsync(RunHistory history)
    {
        Directory.CreateDirectory(_options.Out);
        var file = Path.Combine(_options.Out, $"history-{_options.Seed}.jsonl");
        await using var lines = new StreamWriter(file);
        foreach (var record in history.Records)
            await lines.WriteLineAsync($"{record.GetType().Name} {JsonSerializer.Serialize(record, record.GetType())}");
        _stage($"the history is in {file}");
    }

    private static void Check(TortureOptions options)
    {
        if (options.Nodes is < 2 or > 8)
            throw new TortureException("A cluster has 2 to 8 nodes here.");
        if (options.Faults.FirstOrDefault(f => !Schedule.Names.Contains(f)) is { } unknown)
            throw new TortureException($"There is no fault '{unknown}'; there are {string.Join(", ", Schedule.Names)}.");
        if (options.Brokers.Count == 0 || options.Rate <= 0 || options.Publishers < 1 || options.Listeners < 1 || options.Rooms < 1)
            throw new TortureException("A run needs a broker, a room, publishers, listeners and a rate.");
        if (!Packets.IsOwn())
            throw new TortureException("Packets are lost only in a network namespace of the run's own; this process is not in one.");
        if (TortureCluster.FakeTime is null)
            throw new TortureException("Clocks cannot be made to jump: libfaketime is not installed.");
    }
}
