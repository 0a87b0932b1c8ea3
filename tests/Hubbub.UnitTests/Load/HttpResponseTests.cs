using System.Text;
using Hubbub.Load.Wire;
using Xunit;

namespace Hubbub.UnitTests.Load;

public class HttpResponseTests
{
    [Theory]
    [InlineData("HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello", 201, "hello")]
    [InlineData("HTTP/1.1 200\r\ncontent-LENGTH:   2  \r\nServer: x\r\n\r\n{}", 200, "{}")]
    [InlineData("HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n", 204, "")]
    [InlineData("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", 503, "")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", 200, "hello!")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\nA;note=\"x\"\r\n0123456789\r\n0\r\nTrailer: y\r\n\r\n", 200, "0123456789")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, "")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", 101, "")]
    public void A_response_is_read_however_it_is_split(string text, int status, string body)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        for (var arrived = 0; arrived < bytes.Length; arrived++)
            Assert.False(HttpResponse.TryRead(bytes.AsSpan(0, arrived), out _), $"complete after {arrived} of {bytes.Length} bytes");

        Assert.True(HttpResponse.TryRead(bytes, out var response));
        Assert.Equal(status, response.Status);
        Assert.Equal(body, Encoding.ASCII.GetString(response.Body));
        Assert.Equal(body, Encoding.ASCII.GetString(bytes.AsSpan(response.BodyAt, body.Length)));
        Assert.Equal(bytes.Length, response.Length);
    }

    [Fact]
    public void A_second_response_behind_the_first_is_left_alone()
    {
        var first = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        var bytes = Encoding.ASCII.GetBytes(first + "HTTP/1.1 204 No Content\r\n\r\n");

        Assert.True(HttpResponse.TryRead(bytes, out var response));
        Assert.Equal(first.Length, response.Length);
        Assert.True(HttpResponse.TryRead(bytes.AsSpan(response.Length), out var next));
        Assert.Equal(204, next.Status);
    }

    [Theory]
    [InlineData("HTTP/2 200\r\n\r\n")]
    [InlineData("HTTP/1.1 2OO OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nServer: no length\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n")]
    public void What_is_no_response_is_refused(string text) =>
        Assert.Throws<WireFault>(() => HttpResponse.TryRead(Encoding.ASCII.GetBytes(text), out _));

    [Fact]
    public void A_head_without_end_is_refused_at_its_limit() =>
        Assert.Throws<WireFault>(() => HttpResponse.TryRead(new byte[HttpResponse.MaxHead + 1], out _));

    [Theory]
    [InlineData("connection", "Close", true)]
    [InlineData("Connection", "keep-alive", false)]
    [InlineData("X-Connection", "close", false)]
    public void A_closing_connection_is_noticed(string field, string value, bool closes)
    {
        var bytes = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{field}: {value}\r\n\r\n");

        Assert.True(HttpResponse.TryRead(bytes, out var response));
        Assert.Equal(closes, response.ClosesConnection);
    }
}
