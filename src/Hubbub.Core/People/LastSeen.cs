using System.Collections.Concurrent;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Microsoft.Extensions.Logging;

namespace Hubbub.Core.People;

/// <summary>
/// Tells the store who has a live connection at this node: when they come, when the last of their connections goes, and once a minute in between, in small batches. So anybody can be told whether somebody is
/// there and when they were last, at every node; a node that dies leaves nobody present for longer than <see cref="Lease"/>. Thread-safe; <see cref="RunAsync"/> does the writing.
/// </summary>
public sealed partial class LastSeen(IPeople people, TimeProvider time, ILogger<LastSeen> logger)
{
    /// <summary>How long somebody counts as present after they were told of last: two tellings may be lost.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(150);

    /// <summary>How often somebody who stays is told of again.</summary>
    public static readonly TimeSpan Refresh = TimeSpan.FromMinutes(1);

    /// <summary>How soon a coming or going is told.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>Who has no account and was not seen for so long is forgotten.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromDays(60);

    /// <summary>People in one write: some milliseconds of the store's writer, between which others' writes have their turn.</summary>
    private const int BatchSize = 200;

    private readonly ConcurrentDictionary<UserId, Seen> _here = new();
    private bool _isAway;

    /// <summary>Somebody has one connection more. Called for each, never waits.</summary>
    public void Arrive(User user)
    {
        ArgumentNullException.ThrowIfNull(user);
        _here.AddOrUpdate(user.Id, static (_, user) => new Seen(user, 1, null), static (_, known, user) => known with { User = user, Connections = known.Connections + 1 }, user);
    }

    /// <summary>Somebody has one connection less.</summary>
    public void Depart(UserId user)
    {
        while (_here.TryGetValue(user, out var known))
        {
            var left = known with { Connections = Math.Max(0, known.Connections - 1) };
            if (left.Connections == 0)
                left = left with { ToldAt = null };
            if (_here.TryUpdate(user, left, known))
                return;
        }
    }

    /// <summary>Whether somebody has a connection at this node now.</summary>
    public bool IsHere(UserId user) => _here.TryGetValue(user, out var known) && known.Connections > 0;

    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            try
            {
                await TellAsync(ct);
                _isAway = false;
            }
            catch (StoreException e)
            {
                // Everybody who was not told of stays due.
                if (!_isAway)
                    LogAway(e.Message);
                _isAway = true;
            }
        }
    }

    private async ValueTask TellAsync(CancellationToken ct)
    {
        var batch = new List<Seen>(BatchSize);
        foreach (var (_, seen) in _here)
        {
            if (seen.ToldAt is { } told && time.GetElapsedTime(told) < Refresh)
                continue;
            batch.Add(seen);
            if (batch.Count == BatchSize)
                await TellAsync(batch, ct);
        }

        if (batch.Count > 0)
            await TellAsync(batch, ct);
    }

    private async ValueTask TellAsync(List<Seen> batch, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await people.SeeAsync([.. batch.Select(s => new Sighting(s.User, now, s.Connections > 0 ? now + Lease : now))], now - Memory, ct);
        foreach (var seen in batch)
        {
            // Who came or went meanwhile is due again.
            if (seen.Connections == 0)
                _here.TryRemove(KeyValuePair.Create(seen.User.Id, seen));
            else
                _here.TryUpdate(seen.User.Id, seen with { ToldAt = time.GetTimestamp() }, seen);
        }

        batch.Clear();
    }

    /// <param name="User">By the name of their latest connection.</param>
    /// <param name="Connections">Live now.</param>
    /// <param name="ToldAt">Time stamp of the last telling; null: due.</param>
    private sealed record Seen(User User, int Connections, long? ToldAt);

    [LoggerMessage(LogLevel.Warning, "Who is here cannot be told to the store now: {Why}")]
    private partial void LogAway(string why);
}
