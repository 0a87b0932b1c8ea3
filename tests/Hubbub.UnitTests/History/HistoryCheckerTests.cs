using Hubbub.Protocol;
using Hubbub.Torture.History;
using Xunit;

namespace Hubbub.UnitTests.History;

/// <summary>The checkers are themselves checked: every kind of anomaly, planted in a good history, is found; a good history is never accused.</summary>
public sealed class HistoryCheckerTests
{
    private const int GoodHistories = 500;
    private const int Plantings = 25;

    private static readonly CheckOptions Options = new() { MaxReplay = GoodHistory.MaxReplay, RemovalGrace = TimeSpan.FromSeconds(1), Relaxed = new HashSet<RoomId> { GoodHistory.Relaxed } };

    public static TheoryData<Anomaly> Kinds => new(Enum.GetValues<Anomaly>());

    [Fact]
    public void A_good_history_is_never_accused()
    {
        for (var seed = 1; seed <= GoodHistories; seed++)
        {
            var findings = HistoryChecker.Check(new RunHistory(GoodHistory.Tell(seed)), Options);
            Assert.True(findings.Count == 0, $"seed {seed}: {string.Join("; ", findings.Take(3))}");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_planted_anomaly_is_found(Anomaly kind)
    {
        var planted = 0;
        for (var seed = 1; planted < Plantings; seed++)
        {
            Assert.True(seed < 40 * Plantings, $"{kind} found no occasion in {seed} histories");
            var records = GoodHistory.Tell(seed);
            if (!Planted.Plant(kind, records, new Random(seed)))
                continue;
            planted++;
            var findings = HistoryChecker.Check(new RunHistory(records), Options);
            Assert.True(findings.Any(f => f.Kind == kind), $"seed {seed}: planted {kind}, found only {string.Join("; ", findings.Take(3))}");
        }
    }

    [Fact]
    public void Good_histories_have_everything_that_is_allowed_in_them()
    {
        var kinds = Enumerable.Range(1, 50).SelectMany(seed => GoodHistory.Tell(seed)).Select(r => r.GetType()).ToHashSet();
        Type[] expected =
        [
            typeof(PostInvoked), typeof(PostConfirmed), typeof(PostRefused), typeof(PostUncertain), typeof(Subscribed), typeof(Delivered), typeof(HandedOn), typeof(GapTold), typeof(SkipTold),
            typeof(Disconnected), typeof(Ended), typeof(PageRead), typeof(MemberRemoved), typeof(LifeEnded), typeof(FinalLog),
        ];
        Assert.Empty(expected.Except(kinds));
    }

    [Fact]
    public void A_strong_room_that_skips_is_found_however_well_it_counts()
    {
        var seed = Enumerable.Range(1, 100).First(s => GoodHistory.Tell(s).OfType<SkipTold>().Any());
        var findings = HistoryChecker.Check(new RunHistory(GoodHistory.Tell(seed)), Options with { Relaxed = new HashSet<RoomId>() });
        Assert.Contains(findings, f => f.Kind == Anomaly.Skip);
    }

    [Fact]
    public void A_removed_member_who_is_invited_back_may_read_again()
    {
        var records = GoodHistory.Tell(3);
        Assert.True(Planted.Plant(Anomaly.DeliveryAfterRemoval, records, new Random(3)));
        var removed = records.OfType<MemberRemoved>().First();
        var late = records.OfType<Delivered>().Single(d => d.Entry.Message == "#fence");
        records.Insert(records.IndexOf(late), new MemberReturned(late.At, late.Client, removed.Room));
        Assert.DoesNotContain(HistoryChecker.Check(new RunHistory(records), Options), f => f.Kind == Anomaly.DeliveryAfterRemoval);
    }
}
