using Hubbub.Protocol.WebSockets;
using Xunit;

namespace Hubbub.UnitTests.Protocol.WebSockets;

/// <summary>The negotiation of RFC 7692 § 7.1, offer by offer.</summary>
public sealed class PerMessageDeflateTests
{
    private const string Plain = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    [Theory]
    [InlineData("permessage-deflate")]
    [InlineData("permessage-deflate; client_max_window_bits")]
    [InlineData("permessage-deflate; server_no_context_takeover; client_no_context_takeover")]
    [InlineData("permessage-deflate;client_max_window_bits;client_no_context_takeover;server_no_context_takeover")]
    [InlineData(" \t permessage-deflate\t;\tclient_max_window_bits \t ")]
    [InlineData(", ,permessage-deflate,,")]
    [InlineData("x-webkit-deflate-frame, permessage-deflate")]
    [InlineData("foo; bar=\"baz\"; qux, permessage-deflate; client_max_window_bits, permessage-deflate; nonsense")]
    public void An_offer_that_leaves_our_window_free_is_taken(string offer) => Assert.Equal((Plain, 32 * 1024), Negotiate(offer));

    [Theory]
    [InlineData("8", 256)]
    [InlineData("9", 512)]
    [InlineData("10", 1024)]
    [InlineData("14", 16 * 1024)]
    [InlineData("15", 32 * 1024)]
    [InlineData("\"1\\1\"", 2048)]
    public void A_limit_for_our_window_is_kept_and_confirmed(string bits, int window)
    {
        var (answer, agreed) = Negotiate($"permessage-deflate; server_max_window_bits={bits}; client_max_window_bits");
        Assert.Equal($"{Plain}; server_max_window_bits={bits.Trim('"').Replace("\\", "", StringComparison.Ordinal)}", answer);
        Assert.Equal(window, agreed);
    }

    [Theory]
    [InlineData("8")]
    [InlineData("15")]
    [InlineData("\"10\"")]
    [InlineData(" \t 12 \t ")]
    public void A_size_for_the_clients_window_is_confirmed_and_changes_nothing(string bits) => Assert.Equal(
        ($"{Plain}; client_max_window_bits={bits.Trim('"', ' ', '\t')}", 32 * 1024), Negotiate($"permessage-deflate; client_max_window_bits \t={bits}"));

    [Theory]
    [InlineData("")]
    [InlineData(" , ")]
    [InlineData("permessage-bzip2")]
    [InlineData("permessage-deflate-not; client_max_window_bits")]
    [InlineData("permessage-deflate; unknown")]
    [InlineData("permessage-deflate; unknown=1")]
    [InlineData("permessage-deflate; server_no_context_takeover=1")]
    [InlineData("permessage-deflate; server_no_context_takeover=true")]
    [InlineData("permessage-deflate; client_no_context_takeover=x")]
    [InlineData("permessage-deflate; server_no_context_takeover; server_no_context_takeover")]
    [InlineData("permessage-deflate; client_no_context_takeover; client_no_context_takeover")]
    [InlineData("permessage-deflate; client_max_window_bits; client_max_window_bits=10")]
    [InlineData("permessage-deflate; server_max_window_bits=10; server_max_window_bits=10")]
    [InlineData("permessage-deflate; server_max_window_bits")]
    [InlineData("permessage-deflate; server_max_window_bits=7")]
    [InlineData("permessage-deflate; server_max_window_bits=16")]
    [InlineData("permessage-deflate; server_max_window_bits=08")]
    [InlineData("permessage-deflate; server_max_window_bits=010")]
    [InlineData("permessage-deflate; server_max_window_bits=+9")]
    [InlineData("permessage-deflate; server_max_window_bits=1a")]
    [InlineData("permessage-deflate; server_max_window_bits=4294967305")]
    [InlineData("permessage-deflate; client_max_window_bits=0")]
    [InlineData("permessage-deflate; client_max_window_bits=99")]
    [InlineData("permessage-deflate; client_max_window_bits=\"x\"")]
    public void An_offer_that_cannot_be_met_is_passed_over(string offer) => Assert.Equal((null, 0), Negotiate(offer));

    [Theory]
    [InlineData("permessage-deflate; server_max_window_bits=7, permessage-deflate", 32 * 1024)]
    [InlineData("permessage-deflate; unknown, foo, permessage-deflate; server_max_window_bits=10, permessage-deflate", 1024)]
    [InlineData("permessage-deflate; server_max_window_bits=12, permessage-deflate; server_max_window_bits=10", 4096)]
    public void Of_many_offers_the_first_that_can_be_met_is_taken(string offers, int window) => Assert.Equal(window, Negotiate(offers).Window);

    [Fact]
    public void Offers_on_several_lines_are_offers_in_their_order()
    {
        Assert.Equal(1024, Negotiate("foo", "permessage-deflate; server_max_window_bits=10, bar", "permessage-deflate").Window);
        Assert.Equal((null, 0), Negotiate());
        Assert.Equal((Plain, 32 * 1024), Negotiate(null, "permessage-deflate"));
    }

    [Theory]
    [InlineData("permessage-deflate;")]
    [InlineData("permessage-deflate;;client_max_window_bits")]
    [InlineData("; permessage-deflate")]
    [InlineData("=1")]
    [InlineData("permessage-deflate; =1")]
    [InlineData("permessage-deflate; client_max_window_bits=")]
    [InlineData("permessage-deflate; client_max_window_bits=\"\"")]
    [InlineData("permessage-deflate; client_max_window_bits=\"10")]
    [InlineData("permessage-deflate; client_max_window_bits=\"10\\")]
    [InlineData("permessage-deflate; client_max_window_bits=\"1 0\"")]
    [InlineData("permessage-deflate; client_max_window_bits=\"10\"1")]
    [InlineData("permessage-deflate client_max_window_bits")]
    [InlineData("permessage-deflate; client_max_window_bits=1=0")]
    [InlineData("permessage-deflate, foo;;;")]
    [InlineData("permessage-d\u00e9flate")]
    [InlineData("permessage-deflate, (comment)")]
    [InlineData("permessage-deflate\0")]
    public void A_header_against_the_grammar_fails_the_handshake(string header) =>
        Assert.False(PerMessageDeflate.TryNegotiate([header], out _, out _));

    [Fact]
    public void An_absurdly_long_header_is_not_read()
    {
        Assert.Equal((null, 0), Negotiate("permessage-deflate," + new string(',', 1_000_000)));
        Assert.Equal((null, 0), Negotiate([.. Enumerable.Repeat("permessage-deflate", 100)]));
        Assert.Equal((null, 0), Negotiate("\"" + new string('\\', PerMessageDeflate.MaxHeaderLength)));
        Assert.Equal((Plain, 32 * 1024), Negotiate("permessage-deflate".PadRight(PerMessageDeflate.MaxHeaderLength)));
    }

    private static (string? Answer, int Window) Negotiate(params string?[] lines)
    {
        Assert.True(PerMessageDeflate.TryNegotiate(lines, out var agreed, out var answer));
        Assert.Equal(agreed.IsOn, answer is not null);
        return (answer, agreed.Window);
    }
}
