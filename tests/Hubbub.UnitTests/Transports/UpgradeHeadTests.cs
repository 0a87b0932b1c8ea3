using System.Text;
using Hubbub.Server.Transports.Loops;
using Xunit;

namespace Hubbub.UnitTests.Transports;

/// <summary>Only what is right in every point stays with the loops; at the least doubt a connection is Kestrel's, which has the answers.</summary>
public sealed class UpgradeHeadTests
{
    private const string Proper =
        "GET /ws HTTP/1.1\r\nHost: localhost:5080\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    public static TheoryData<string> OthersHeads =>
    [
        "POST /ws HTTP/1.1\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\n",
        "GET /wsx HTTP/1.1\r\n",
        "GET /WS HTTP/1.1\r\n",
        "GET /ws/ HTTP/1.1\r\n",
        "GET /%77s HTTP/1.1\r\n",
        "GET http://localhost/ws HTTP/1.1\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "PRI * HTTP/2.0\r\n",
        Proper.Replace("HTTP/1.1", "HTTP/1.0", StringComparison.Ordinal),
        Proper.Replace("HTTP/1.1", "HTTP/1.9", StringComparison.Ordinal),
        Proper.Replace("Host: localhost:5080\r\n", "", StringComparison.Ordinal),
        Proper + "Host: other\r\n",
        Proper.Replace("localhost:5080", "local host", StringComparison.Ordinal),
        Proper.Replace("localhost:5080", "a@b", StringComparison.Ordinal),
        Proper.Replace("keep-alive, Upgrade", "keep-alive", StringComparison.Ordinal),
        Proper.Replace("websocket", "h2c", StringComparison.Ordinal),
        Proper + "Upgrade: websocket\r\n",
        Proper.Replace("Version: 13", "Version: 8", StringComparison.Ordinal),
        Proper + "Sec-WebSocket-Version: 13\r\n",
        Proper.Replace("bm9uY2U=", "", StringComparison.Ordinal).Replace("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=", StringComparison.Ordinal),
        Proper.Replace("dGhlIHNhbXBsZSBub25jZQ==", "!!!!!!!!!!!!!!!!!!!!!!!!", StringComparison.Ordinal),
        Proper + "Content-Length: 5\r\n",
        Proper + "Content-Length: 0\r\n",
        Proper + "Transfer-Encoding: chunked\r\n",
        Proper + "Expect: 100-continue\r\n",
        Proper + "Cookie: caf\u00e9\r\n",
        Proper + " folded: header\r\n",
        Proper + "no colon\r\n",
        Proper + "bad name : x\r\n",
        Proper + "X: a\0b\r\n",
        Proper + string.Concat(Enumerable.Range(0, 120).Select(i => $"X-{i}: y\r\n")),
    ];

    [Theory]
    [MemberData(nameof(OthersHeads))]
    public void A_head_that_is_not_right_in_every_point_is_Kestrels(string head) =>
        Assert.Equal(HeadKind.Other, UpgradeHead.Read(Encoding.Latin1.GetBytes(head + "\r\n"), out _));

    [Fact]
    public void A_proper_upgrade_is_read_and_the_frames_behind_it_are_left()
    {
        var head = Proper + "Origin: http://localhost:5080\r\nAuthorization: Bearer t\r\nSec-WebSocket-Protocol: hubbub.v1, hubbub.token.x\r\nCookie: a=b\r\n\r\n";
        Assert.Equal(HeadKind.Upgrade, UpgradeHead.Read([.. Encoding.ASCII.GetBytes(head), 0x81, 0x80], out var read));
        Assert.Equal(head.Length, read!.Length);
        Assert.Equal("dGhlIHNhbXBsZSBub25jZQ==", read.Key);
        Assert.Equal("hubbub.v1, hubbub.token.x", read.Subprotocols.ToString());
        var credentials = read.CredentialsOf(believesProxy: false);
        Assert.Equal(("http", "localhost:5080"), (credentials.Scheme, credentials.Host));
        Assert.Equal("http://localhost:5080", credentials.Origin.ToString());
        Assert.Equal("Bearer t", credentials.Authorization.ToString());
        Assert.Equal("a=b", credentials.Cookie.ToString());
        Assert.Equal(0, credentials.Ticket.Count);
    }

    [Fact]
    public void A_ticket_is_found_in_the_query_and_decoded_as_Kestrel_would()
    {
        var head = Proper.Replace("/ws ", "/ws?x=1&ticket=a%2Bb&ticket=c ", StringComparison.Ordinal) + "\r\n";
        Assert.Equal(HeadKind.Upgrade, UpgradeHead.Read(Encoding.ASCII.GetBytes(head), out var read));
        Assert.Equal("a+b,c", read!.CredentialsOf(believesProxy: false).Ticket.ToString());
    }

    [Theory]
    [InlineData("", "http")]
    [InlineData("X-Forwarded-Proto: https\r\n", "https")]
    [InlineData("X-Forwarded-Proto: http, https\r\n", "https")]
    [InlineData("X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http\r\n", "http")]
    [InlineData("X-Forwarded-Proto: \r\n", "http")]
    public void The_nearest_proxy_says_how_the_client_came_if_it_is_believed(string headers, string scheme)
    {
        Assert.Equal(HeadKind.Upgrade, UpgradeHead.Read(Encoding.ASCII.GetBytes(Proper + headers + "\r\n"), out var read));
        Assert.Equal(scheme, read!.CredentialsOf(believesProxy: true).Scheme);
        Assert.Equal("http", read.CredentialsOf(believesProxy: false).Scheme);
    }

    [Fact]
    public void However_it_is_chopped_a_head_is_waited_for_and_never_taken_early()
    {
        var bytes = Encoding.ASCII.GetBytes(Proper + "\r\n");
        for (var length = 0; length < bytes.Length; length++)
            Assert.Equal(HeadKind.Incomplete, UpgradeHead.Read(bytes.AsSpan(0, length), out _));
        Assert.Equal(HeadKind.Upgrade, UpgradeHead.Read(bytes, out _));
    }

    [Fact]
    public void A_head_without_end_is_Kestrels_at_the_limit()
    {
        var endless = Encoding.ASCII.GetBytes(Proper + "X: " + new string('y', UpgradeHead.MaxLength));
        Assert.Equal(HeadKind.Incomplete, UpgradeHead.Read(endless.AsSpan(0, UpgradeHead.MaxLength - 1), out _));
        Assert.Equal(HeadKind.Other, UpgradeHead.Read(endless.AsSpan(0, UpgradeHead.MaxLength), out _));
    }
}
