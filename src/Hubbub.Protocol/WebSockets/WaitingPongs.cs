using System.Diagnostics.CodeAnalysis;

namespace Hubbub.Protocol.WebSockets;

/// <summary>
/// The pings that are to be answered, oldest first. A few at once are all answered, as many clients expect; of a flood only the newest, which RFC 6455 § 5.5.3 allows, so that
/// it costs no memory. Holds nothing while nothing waits. Not thread-safe.
/// </summary>
public struct WaitingPongs
{
    /// <summary>With 125 bytes each they are 2 KB.</summary>
    public const int Max = 16;

    private Queue<byte[]>? _payloads;

    /// <param name="payload">The ping's.</param>
    public void Add(ReadOnlySpan<byte> payload)
    {
        _payloads ??= new Queue<byte[]>();
        if (_payloads.Count == Max)
            _payloads.Dequeue();
        _payloads.Enqueue(payload.ToArray());
    }

    /// <param name="payload">For a pong.</param>
    /// <returns>False if no ping waits.</returns>
    public bool TryTake([NotNullWhen(true)] out byte[]? payload)
    {
        payload = null;
        if (_payloads is null || _payloads.TryDequeue(out payload))
            return payload is not null;
        _payloads = null;
        return false;
    }
}
