using Hubbub.Torture.History;
using Xunit;
using Xunit.Abstractions;

namespace Hubbub.UnitTests.Simulation;

/// <summary>A simulation that finds nothing proves nothing, unless it finds what was planted. Each mutation must show as the anomaly that it is.</summary>
public sealed class MutationTests(ITestOutputHelper output)
{
    private const int MaxSeeds = 200;

    public static TheoryData<Type, Anomaly> Planted => new()
    {
        { typeof(SkipsFrames), Anomaly.Skip },
        { typeof(RepeatsFrames), Anomaly.Nonmonotonic },
        { typeof(StraysFrames), Anomaly.DeliveryWithoutSubscription },
        { typeof(AcknowledgesBeforeStoring), Anomaly.LostWrite },
        { typeof(TakesUnknownForRefused), Anomaly.FailedWriteVisible },
        { typeof(ForgetsKeys), Anomaly.DuplicateInLog },
        { typeof(ReadsWithHoles), Anomaly.Skip },
        { typeof(ReadsTheLatestLate), Anomaly.StaleRead },
        { typeof(GarblesPages), Anomaly.CorruptPayload },
        { typeof(DeafAndBlind), Anomaly.Unobserved },
        { typeof(AnnouncesWhatNeverWas), Anomaly.InconsistentSequence },
        { typeof(LosesRings), Anomaly.Unobserved },
        { typeof(LosesRingsOfAudiences), Anomaly.Unobserved },
        { typeof(MixesUpCompressedForms), Anomaly.Nonmonotonic },
        { typeof(ForgetsRemovals), Anomaly.DeliveryAfterRemoval },
        { typeof(ResetsEverybody), Anomaly.NeedlessReset },
        { typeof(MiscountsSkips), Anomaly.Miscount },
        { typeof(SkipsInSilence), Anomaly.Skip },
    };

    [Theory]
    [MemberData(nameof(Planted))]
    public void A_planted_bug_is_found(Type mutation, Anomaly kind)
    {
        for (var seed = 1; seed <= MaxSeeds; seed++)
        {
            var result = SimulatedRun.Play(seed, (Mutation)Activator.CreateInstance(mutation)!);
            if (result.Findings.FirstOrDefault(f => f.Kind == kind) is not { } finding)
                continue;
            output.WriteLine($"seed {seed}: {finding}");
            return;
        }

        Assert.Fail($"{mutation.Name} was not found as {kind} in {MaxSeeds} seeds.");
    }

    [Fact]
    public void Nodes_that_do_not_hear_each_other_lose_nothing_and_are_found_to_be_late()
    {
        var results = Enumerable.Range(1, 20).Select(seed => SimulatedRun.Play(seed, new AnnouncesNothing())).ToArray();
        Assert.All(results, r => Assert.Empty(r.Findings));
        Assert.Contains(results, r => !r.IsPrompt);
    }
}
