using BenchmarkDotNet.Attributes;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hubbub.MicroBenchmarks;

/// <summary>One committed batch of 64 posts with keys; divide by 64 for a post. SQLite includes its flush to the disk.</summary>
[MemoryDiagnoser]
public class AppendBenchmarks
{
    private const int Batch = 64;

    private string _folder = "";
    private InMemoryStore _memory = null!;
    private SqliteStore _sqlite = null!;
    private long _key;

    // Synchronous, since the in-process toolchain does not wait for an asynchronous set-up.
    [GlobalSetup]
    public void Open() => OpenAsync().GetAwaiter().GetResult();

    [GlobalCleanup]
    public void Close()
    {
        _sqlite.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark]
    public async Task<int> In_memory() => (await _memory.AppendAsync(NextBatch(), CancellationToken.None)).Count;

    [Benchmark]
    public async Task<int> Sqlite() => (await _sqlite.AppendAsync(NextBatch(), CancellationToken.None)).Count;

    private async Task OpenAsync()
    {
        _folder = Directory.CreateTempSubdirectory("hubbub-bench-").FullName;
        _sqlite = await SqliteStore.OpenAsync(new SqliteOptions { Folder = _folder }, TimeProvider.System, NullLogger<SqliteStore>.Instance);
        _memory = new InMemoryStore(TimeProvider.System);
        Draft[] created = [new(Samples.Room, Samples.Ada, Samples.Time, null, new RoomCreated("Room", Visibility.Public), Samples.Epoch)];
        await _sqlite.AppendAsync(created, CancellationToken.None);
        await _memory.AppendAsync(created, CancellationToken.None);
    }

    private Draft[] NextBatch()
    {
        var drafts = new Draft[Batch];
        for (var i = 0; i < Batch; i++)
            drafts[i] = new Draft(Samples.Room, Samples.Ada, Samples.Time, $"key-{_key++}", Samples.Message);
        return drafts;
    }
}
