using Microsoft.Extensions.Logging;

namespace Hubbub.Brokers;

/// <summary>Payloads on our topics that no node of ours would send: counted, and told to the operator at most once a minute, so that a stranger cannot fill the log.</summary>
internal sealed partial class Strangers(string broker, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private long _since;
    private long _toldAt;
    private bool _told;

    public void Note(int bytes)
    {
        long count;
        lock (_lock)
        {
            count = ++_since;
            if (_told && time.GetElapsedTime(_toldAt) < Silence)
                return;
            (_since, _told, _toldAt) = (0, true, time.GetTimestamp());
        }

        LogStranger(broker, count, bytes);
    }

    [LoggerMessage(LogLevel.Warning, "{Count} payloads that no node would send came over {Broker} since this was last said, the newest of {Bytes} bytes; ignored. Does another program use this cluster's name?")]
    private partial void LogStranger(string broker, long count, int bytes);
}
