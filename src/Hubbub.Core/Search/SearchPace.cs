using Hubbub.Protocol;

namespace Hubbub.Core.Search;

/// <summary>How often one user may search: two at a time, and in the long run two a second, in bursts of twenty, which is somebody who types. Thread-safe.</summary>
internal sealed class SearchPace(TimeProvider time)
{
    private const int AtOnce = 2;
    private const double PerSecond = 2;
    private const double Burst = 20;

    /// <summary>Beyond it those who are not searching are forgotten: a search too many now and then costs less than remembering everybody.</summary>
    private const int MaxKept = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<UserId, Allowance> _allowances = [];

    public bool TryBegin(UserId user)
    {
        var now = time.GetTimestamp();
        lock (_lock)
        {
            var had = _allowances.TryGetValue(user, out var known) ? known : new Allowance(Burst, now, 0);
            var left = Math.Min(Burst, had.Left + (time.GetElapsedTime(had.At, now).TotalSeconds * PerSecond));
            var may = left >= 1 && had.Running < AtOnce;
            if (_allowances.Count >= MaxKept)
                Forget_NeedsLock();
            _allowances[user] = may ? new Allowance(left - 1, now, had.Running + 1) : had with { Left = left, At = now };
            return may;
        }
    }

    public void End(UserId user)
    {
        lock (_lock)
        {
            if (_allowances.TryGetValue(user, out var known))
                _allowances[user] = known with { Running = known.Running - 1 };
        }
    }

    private void Forget_NeedsLock()
    {
        foreach (var (user, allowance) in _allowances)
        {
            if (allowance.Running == 0)
                _allowances.Remove(user);
        }
    }

    private readonly record struct Allowance(double Left, long At, int Running);
}
