namespace Hubbub.Compare.Scenarios;

/// <summary>A figure that a run yields: its name in JSON, and its head and number format in tables.</summary>
internal sealed record Figure(string Name, string Head, string Format)
{
    public static readonly Figure CpuPerDelivery = new("cpu_us_per_delivery", "CPU µs per delivery", "0.00");
    public static readonly Figure ProcessPerDelivery = new("process_us_per_delivery", "of it the process", "0.00");
    public static readonly Figure SoftInterruptsPerDelivery = new("ksoftirqd_us_per_delivery", "ksoftirqd", "0.00");
    public static readonly Figure DeliveriesPerCoreSecond = new("deliveries_per_server_core_second", "deliveries/s per server core", "#,0");
    public static readonly Figure DeliveriesPerSecond = new("deliveries_per_second", "deliveries/s", "#,0");
    public static readonly Figure Posts = new("posts", "posts", "#,0");
    public static readonly Figure P50 = new("p50_ms", "p50 ms", "0.00");
    public static readonly Figure P99 = new("p99_ms", "p99 ms", "0.00");
    public static readonly Figure WireBytes = new("wire_bytes_per_delivery", "bytes on the wire", "0");
    public static readonly Figure Generator = new("generator_percent", "generator %", "0");
    public static readonly Figure GeneratorCore = new("generator_core_busy_percent", "generator core %", "0");
    public static readonly Figure ServerCore = new("server_core_busy_percent", "server core %", "0");
    public static readonly Figure GeneratorPerDelivery = new("generator_us_per_delivery", "generator µs per delivery", "0.00");
    public static readonly Figure Connections = new("connections", "connections", "#,0");
    public static readonly Figure BytesPerConnection = new("bytes_per_idle_connection", "bytes per connection", "#,0");
    public static readonly Figure WarmMemory = new("warm_server_mb", "server before, MB", "#,0.0");
    public static readonly Figure FastAlone = new("fast_deliveries_per_second_alone", "fast deliveries/s alone", "#,0");
    public static readonly Figure FastWithSlow = new("fast_deliveries_per_second_with_slow", "with the slow", "#,0");
    public static readonly Figure CpuPerFastAlone = new("cpu_us_per_fast_delivery_alone", "CPU µs alone", "0.00");
    public static readonly Figure CpuPerFastWithSlow = new("cpu_us_per_fast_delivery_with_slow", "CPU µs with the slow", "0.00");
    public static readonly Figure MemoryGrowth = new("memory_growth_mb", "memory growth, MB", "#,0");
    public static readonly Figure PostsToSlow = new("posts_to_slow", "posts", "#,0");
    public static readonly Figure SlowReaders = new("slow_readers", "slow readers", "#,0");
    public static readonly Figure SlowComplete = new("slow_readers_complete", "got everything", "#,0");
    public static readonly Figure SlowCutOff = new("slow_readers_cut_off", "were cut off", "#,0");
    public static readonly Figure SmallAloneP50 = new("small_p50_ms_alone", "small alone, p50 ms", "0.00");
    public static readonly Figure SmallAloneP99 = new("small_p99_ms_alone", "p99 ms", "0.00");
    public static readonly Figure SmallBesideP50 = new("small_p50_ms_beside_large", "beside the large, p50 ms", "0.00");
    public static readonly Figure SmallBesideP99 = new("small_p99_ms_beside_large", "p99 ms", "0.00");
    public static readonly Figure SmallBesideMax = new("small_max_ms_beside_large", "longest, ms", "0.0");
    public static readonly Figure LargePosts = new("posts_to_large", "posts to the large", "#,0");
    public static readonly Figure SlowMissed = new("slow_messages_missed", "messages missed", "#,0");
}
