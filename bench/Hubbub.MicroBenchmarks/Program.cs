using BenchmarkDotNet.Running;
using Hubbub.MicroBenchmarks;

// dotnet run -c Release --project bench/Hubbub.MicroBenchmarks -- --filter '*Lane*'
BenchmarkSwitcher.FromTypes([typeof(EncodeBenchmarks), typeof(AppendBenchmarks), typeof(LaneBenchmarks)]).Run(args);
