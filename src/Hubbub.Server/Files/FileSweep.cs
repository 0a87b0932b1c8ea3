using Hubbub.Core.Files;
using Hubbub.Core.Log;

namespace Hubbub.Server.Files;

/// <summary>Takes off the disk what was deleted, and what nobody has posted in time. Every node does; one that died has left what it began to the next round of any.</summary>
public sealed partial class FileSweep(IFiles files, UploadOptions options, TimeProvider time, ILogger<FileSweep> logger)
{
    public async Task RunAsync(CancellationToken ct)
    {
        while (true)
        {
            await Task.Delay(options.SweepPause, time, ct);
            try
            {
                while (await files.SweepAsync(time.GetUtcNow() - options.Lifetime, ct) > 0)
                {
                }
            }
            catch (StoreException e)
            {
                Log.Failed(logger, e.Message);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(80, LogLevel.Warning, "Deleted files are still on the disk, and will be tried again: {Reason}")]
        public static partial void Failed(ILogger logger, string reason);
    }
}
