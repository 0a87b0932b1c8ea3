using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Hubbub.MicroBenchmarks;

// dotnet run -c Release --project bench/Hubbub.MicroBenchmarks -- --filter '*Lane*'
//
// In this process: a project that BenchmarkDotNet generates would inherit our build's rules (central versions, warnings as errors) and fail on them.
var config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
BenchmarkSwitcher.FromTypes([typeof(EncodeBenchmarks), typeof(AppendBenchmarks), typeof(LaneBenchmarks), typeof(ReadBenchmarks), typeof(DeflateBenchmarks)]).Run(args, config);
