using Xunit;

namespace Hubbub.UnitTests.Protocol.WebSockets;

/// <summary>One case of the Autobahn testsuite's fuzzing client: what it sends, and what a right server hears of it.</summary>
/// <param name="Name">Its number there; what Hubbub does otherwise on purpose stands behind it.</param>
/// <param name="Sent">All frames of the client.</param>
/// <param name="Heard">As <see cref="Reading"/> tells it.</param>
/// <param name="Deflate">Whether compression was agreed on.</param>
internal sealed record AutobahnCase(string Name, byte[] Sent, string[] Heard, bool Deflate = false);

/// <summary>
/// The Autobahn testsuite's cases for servers, written anew from its public list of cases, against the reader. Hubbub is no echo server, so what it hears takes the place of the echo. The ones that are
/// about closing and pongs are also played over real sockets (<c>AutobahnCloseTests</c>).
/// </summary>
public sealed class AutobahnTests
{
    private static readonly Dictionary<string, AutobahnCase> Cases =
        AutobahnFraming.Cases.Concat(AutobahnTexts.Cases).Concat(AutobahnLimits.Cases).ToDictionary(c => c.Name);

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_case_of_the_suite_is_heard_as_it_should_be_however_it_is_chopped(string name)
    {
        var it = Cases[name];
        var heard = it.Sent.Length <= 20_000 ? Reading.HoweverCut(it.Sent, it.Deflate) : Reading.Of(it.Sent, it.Deflate);
        Assert.Equal(it.Heard, heard);
    }

    [Fact]
    public void No_case_is_missing()
    {
        int[] utf8 = [5, 11, 4, 2, 4, 3, 5, 8, 5, 10, 1, 3, 5, 5, 5, 7, 8, 34, 7];
        for (var section = 0; section < utf8.Length; section++)
            Assert.Equal(utf8[section], Cases.Keys.Count(n => n.StartsWith($"Case_6_{section + 5}_", StringComparison.Ordinal)) / 2);
        foreach (var (prefix, count) in new[] { ("Case_1_", 16), ("Case_2_", 11), ("Case_3_", 7), ("Case_4_", 10), ("Case_5_", 20), ("Case_7_7_", 13), ("Case_7_9_", 9) })
            Assert.Equal(count, Cases.Keys.Count(n => n.StartsWith(prefix, StringComparison.Ordinal)));
    }
}
