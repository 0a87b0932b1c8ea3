using System.IO.Compression;
using System.Net;
using System.Text.RegularExpressions;
using Hubbub.TestKit;
using Hubbub.TestKit.Servers;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>What the page's first load takes over the wire.</summary>
public sealed class FirstLoadTests
{
    [Fact]
    public async Task Scripts_and_styles_are_sent_compressed_to_who_takes_that_and_are_the_same()
    {
        await using var server = await ServerProcess.StartAsync(tls: false);
        using var http = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None });
        var page = await http.GetStringAsync(server.Url);
        var files = Regex.Matches(page, "(?:src|href)=\"(/assets/[^\"]+)\"").Select(match => match.Groups[1].Value).ToList();
        Assert.Contains(files, file => file.EndsWith(".js", StringComparison.Ordinal));
        Assert.Contains(files, file => file.EndsWith(".css", StringComparison.Ordinal));
        foreach (var file in files)
        {
            using var plain = await GetAsync("identity");
            using var small = await GetAsync("gzip, deflate, br");
            using var refused = await GetAsync("br;q=0");
            var whole = await plain.Content.ReadAsByteArrayAsync();
            var sent = await small.Content.ReadAsByteArrayAsync();
            await using var unpacked = new BrotliStream(new MemoryStream(sent), CompressionMode.Decompress);
            using var result = new MemoryStream();
            await unpacked.CopyToAsync(result);

            Assert.Empty(plain.Content.Headers.ContentEncoding);
            Assert.Empty(refused.Content.Headers.ContentEncoding);
            Assert.Equal(["br"], small.Content.Headers.ContentEncoding);
            Assert.Equal(plain.Content.Headers.ContentType, small.Content.Headers.ContentType);
            Assert.Equal(["Accept-Encoding"], small.Headers.Vary);
            Assert.Equal(whole, result.ToArray());
            Assert.True(sent.Length * 2 < whole.Length, $"{file} has {whole.Length} bytes, and {sent.Length} compressed.");

            async Task<HttpResponseMessage> GetAsync(string encodings)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Url, file));
                request.Headers.TryAddWithoutValidation("Accept-Encoding", encodings);
                return await http.SendAsync(request);
            }
        }
    }
}
