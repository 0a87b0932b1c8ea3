using System.Buffers.Binary;
using System.Net;
using System.Text;
using Hubbub.ConformanceTests.Servers;
using Hubbub.Protocol;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Api;

/// <summary>Files over HTTP: taken whole or not at all, brought by messages, and handed out as bytes that no browser runs.</summary>
public class UploadTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private static readonly byte[] PngBytes = Png(40, 30);

    public static TheoryData<string, string, byte[], string, int?> Attacks { get; } = new()
    {
        { "a page that says to be a picture", "cat.png", "<!doctype html><script>alert(1)</script>"u8.ToArray(), FileRules.InertType, null },
        { "a drawing with a script", "cat.svg", "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"u8.ToArray(), FileRules.InertType, null },
        { "a picture and a page in one", "cat.html", [.. PngBytes, .. "<script>alert(1)</script>"u8], "image/png", 40 },
        { "a moving picture and a script in one", "cat.js", [.. "GIF89a/*"u8, 1, 0, 0, 0, 0, .. "*/=alert(1)"u8], "image/gif", 0x2A2F },
        { "a bomb of zips", "42.zip", [.. "PK"u8, 3, 4, .. new byte[100]], FileRules.InertType, null },
        { "a picture of 30 001 pixels", "huge.png", Png(30_001, 1), FileRules.InertType, null },
        { "a picture of 900 megapixels", "huge.png", Png(30_000, 30_000), FileRules.InertType, null },
        { "a picture of more than there is", "huge.png", Png(uint.MaxValue, uint.MaxValue), FileRules.InertType, null },
        { "a picture of no size", "none.png", Png(0, 5), FileRules.InertType, null },
        { "a picture that is cut off", "cut.png", PngBytes[..20], FileRules.InertType, null },
        { "a photograph with notes", "photo.jpg", Jpeg(notes: 3, 640, 480), "image/jpeg", 640 },
        { "a photograph with more notes than are read", "photo.jpg", Jpeg(notes: 5, 640, 480), FileRules.InertType, null },
    };

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task Whatever_it_is_it_is_kept_byte_by_byte_and_handed_out_inert(string what, string name, byte[] bytes, string type, int? width)
    {
        var room = await fixture.RoomAsync();

        // What the client says that it is counts for nothing.
        var file = await fixture.Owner.UploadAsync(room, name, bytes, "text/html").Succeeds(HttpStatusCode.Created);
        await BringAsync(room, file);

        Assert.True((type, bytes.LongLength) == (file.Text("type"), file.Number("size")), $"{what}: {file}");
        Assert.Equal(width, file.Json.TryGetProperty("width", out var w) ? w.GetInt32() : null);
        var served = await BytesAsync(fixture.Other, room, file.Text("id"));
        Assert.Equal(bytes, served.Body);
        Assert.Equal(
            (type, "nosniff", "sandbox; default-src 'none'", "max-age=31536000, private, immutable", type == FileRules.InertType ? "attachment" : "inline"),
            (served.Header("Content-Type"), served.Header("X-Content-Type-Options"), served.Header("Content-Security-Policy"), served.Header("Cache-Control"),
                served.Header("Content-Disposition").Split(';')[0]));
    }

    [Theory]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("C:\\Users\\ann\\cat.png", "cat.png")]
    [InlineData("a\r\nSet-Cookie: x=1;\".png", "aSet-Cookie_ x=1;_.png")]
    [InlineData("photo\u202Egnp.exe", "photognp.exe")]
    [InlineData("caf\u00e9 \u732b.txt", "caf\u00e9 \u732b.txt")]
    [InlineData("...", "file")]
    [InlineData("", "file")]
    public async Task A_name_is_clean_in_the_answer_and_fits_into_a_header(string given, string kept)
    {
        var room = await fixture.RoomAsync();
        var file = await fixture.Owner.UploadAsync(room, given, [1, 2, 3]).Succeeds(HttpStatusCode.Created);

        var served = await BytesAsync(fixture.Owner, room, file.Text("id"));

        Assert.Equal(kept, file.Text("name"));
        Assert.Contains("filename*=UTF-8''" + Uri.EscapeDataString(kept).Replace("%3D", "=", StringComparison.Ordinal)[..4], served.Header("Content-Disposition"), StringComparison.Ordinal);
        Assert.Empty(served.Header("Set-Cookie"));
    }

    [Fact]
    public async Task Forms_and_empty_and_too_large_files_are_refused_and_leave_nothing()
    {
        await using var store = SharedStore.InMemory();
        await using var server = await InProcessServer.StartAsync(s => (s.Store, s.Options) = (store, o => o.MaxFileSize = 300_000));
        using var ann = await server.GuestAsync("Ann");
        var parts = string.Concat(Enumerable.Range(0, 10_000).Select(i => $"--x\r\nContent-Disposition: form-data; name=\"{i}\"\r\n\r\n1\r\n"));

        await ann.UploadAsync("room1", "x", Encoding.UTF8.GetBytes(parts), "multipart/form-data; boundary=x").Refused(HttpStatusCode.UnsupportedMediaType, "bad_request");
        await ann.UploadAsync("room1", "x", [1], "application/x-www-form-urlencoded").Refused(HttpStatusCode.UnsupportedMediaType, "bad_request");
        await ann.UploadAsync("room1", "x", []).Refused(HttpStatusCode.BadRequest, "bad_request");
        await ann.UploadAsync("room1", "x", new byte[300_001]).Refused(HttpStatusCode.RequestEntityTooLarge, "too_large");
        Assert.Equal(300_000, (await ann.UploadAsync("room1", "x", new byte[300_000]).Succeeds(HttpStatusCode.Created)).Number("size"));
        Assert.Equal(200, (await ann.UploadAsync("room1", new string('n', 8_000) + ".txt", [1]).Succeeds(HttpStatusCode.Created)).Text("name").Length);

        // One that does not say how long it is, and is told at the limit, not at its end, which never comes.
        await using var raw = await RawSocket.ConnectAsync(server.Url);
        await raw.SendAsync(Head(server, ann, "Transfer-Encoding: chunked"));
        for (var i = 0; i < 5; i++)
            await raw.SendAsync((byte[])[.. "10000\r\n"u8, .. new byte[0x10000], .. "\r\n"u8]);
        Assert.StartsWith("HTTP/1.1 413", await raw.ReadHeadAsync(), StringComparison.Ordinal);

        // One that says too much is told before it is sent.
        await using var announced = await RawSocket.ConnectAsync(server.Url);
        await announced.SendAsync(Head(server, ann, "Content-Length: 99999999999"));
        Assert.StartsWith("HTTP/1.1 413", await announced.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Empty(server.Log.Errors);
    }

    [Fact]
    public async Task An_upload_that_breaks_off_leaves_nothing()
    {
        await using var store = await SharedStore.InSqliteAsync();
        await using var server = await InProcessServer.StartAsync(s => (s.Store, s.Options) = (store, o => (o.MaxWaitingFiles, o.FileSweepPause) = (1, TimeSpan.FromMilliseconds(100))));
        using var ann = await server.GuestAsync("Ann");
        await using (var raw = await RawSocket.ConnectAsync(server.Url))
        {
            await raw.SendAsync(Head(server, ann, "Content-Length: 1000000"));
            await raw.SendAsync(new byte[400_000]);
            await Eventually.UntilAsync("it is coming", () => Task.FromResult(Files(store).Length == 1));
            await ann.UploadAsync("room1", "x", [1]).Refused(HttpStatusCode.Conflict, "too_many_files");
        }

        await Eventually.UntilAsync("nothing is left", () => Task.FromResult(Files(store).Length == 0));
        await Eventually.UntilAsync("another may come", async () => (await ann.UploadAsync("room1", "x", [1])).Status == HttpStatusCode.Created);
        Assert.Empty(server.Log.Errors);
    }

    [Fact]
    public async Task A_message_brings_files_over_http_and_a_socket_and_everybody_is_told_what_they_are()
    {
        var room = await fixture.RoomAsync();
        await using var bob = await PlainWebSocket.ConnectAsync(fixture.Server.Url, fixture.Other.Token);
        await bob.JoinAsync(room);
        var picture = (await fixture.Owner.UploadAsync(room, "cat.png", PngBytes)).Text("id");
        var small = (await fixture.Owner.UploadAsync(room, "small.png", Png(4, 3), query: $"&thumbnail-of={picture}").Succeeds(HttpStatusCode.Created)).Text("id");
        var plain = (await fixture.Owner.UploadAsync(room, "notes.txt", [1, 2])).Text("id");

        var posted = await fixture.Owner.PostAsync($"/api/rooms/{room}/messages", new { files = new[] { picture, plain }, key = "k" }).Succeeds(HttpStatusCode.Created);

        var expected = $$"""[{"id":"{{picture}}","name":"cat.png","type":"image/png","size":33,"width":40,"height":30,"thumbnail":"{{small}}"},{"id":"{{plain}}","name":"notes.txt","type":"application/octet-stream","size":2}]""";
        var told = (await bob.ExpectAsync("message")).GetProperty("payload");
        Assert.Equal(("", expected), (told.GetProperty("message").GetString(), told.GetProperty("files").GetRawText()));
        Assert.False(told.TryGetProperty("deleted", out _));
        Assert.Equal(expected, (await fixture.Other.GetAsync($"/api/rooms/{room}/messages/{posted.Text("id")}")).Json.GetProperty("files").GetRawText());
        Assert.Equal(expected, (await fixture.Other.EventsAsync(room, "last=1")).Json.GetProperty("events")[0].GetProperty("files").GetRawText());
        Assert.Equal(Png(4, 3), (await BytesAsync(fixture.Other, room, small)).Body);

        // Again is the same, and for another it is too late.
        var again = await fixture.Owner.PostAsync($"/api/rooms/{room}/messages", new { message = "", files = new[] { picture, plain }, key = "k" }).Succeeds();
        Assert.Equal(posted.Text("id"), again.Text("id"));
        await fixture.Owner.PostAsync($"/api/rooms/{room}/messages", new { message = "x", files = new[] { picture } }).Refused(HttpStatusCode.Conflict, "bad_file");
        await fixture.Owner.PostAsync($"/api/rooms/{room}/messages", new { message = " ", files = Array.Empty<string>() }).Refused(HttpStatusCode.BadRequest, "bad_message");
        await fixture.Owner.PostAsync($"/api/rooms/{room}/messages", new { files = new[] { "../x" } }).Refused(HttpStatusCode.Conflict, "bad_file");
        await fixture.Owner.DeleteAsync($"/api/rooms/{room}/files/{plain}").Refused(HttpStatusCode.NotFound, "not_found");

        var another = (await fixture.Other.UploadAsync(room, "b.txt", [1])).Text("id");
        await bob.SendAsync("message", new { roomId = room, files = new[] { another } }, id: "1");
        Assert.Equal("ack", (await bob.AnswerAsync("1")).GetProperty("type").GetString());
        await bob.SendAsync("message", new { roomId = room, message = "x", files = new[] { another } }, id: "2");
        Assert.Equal("bad_file", (await bob.AnswerAsync("2")).GetProperty("payload").GetProperty("code").GetString());
        await bob.SendAsync("message", new { roomId = room, message = "x", files = "no list" }, id: "3");
        Assert.Equal("bad_frame", (await bob.AnswerAsync("3")).GetProperty("payload").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_thumbnail_is_a_small_picture_of_a_picture_of_ones_own_that_waits()
    {
        var room = await fixture.RoomAsync();
        var picture = (await fixture.Owner.UploadAsync(room, "cat.png", PngBytes)).Text("id");
        var plain = (await fixture.Owner.UploadAsync(room, "x.txt", [1])).Text("id");
        var small = (await fixture.Owner.UploadAsync(room, "s.png", PngBytes, query: $"&thumbnail-of={picture}").Succeeds(HttpStatusCode.Created)).Text("id");

        foreach (var (who, of, bytes) in new[]
        {
            (fixture.Owner, plain, PngBytes), (fixture.Owner, small, PngBytes), (fixture.Other, picture, PngBytes), (fixture.Owner, "none", PngBytes),
            (fixture.Owner, picture, [1, 2, 3]), (fixture.Owner, picture, Png(1025, 1)),
        })
        {
            await who.UploadAsync(room, "s.png", bytes, query: $"&thumbnail-of={of}").Refused(HttpStatusCode.BadRequest, "bad_request");
        }

        await fixture.Owner.UploadAsync(room, "s.png", [.. PngBytes, .. new byte[512 * 1024]], query: $"&thumbnail-of={picture}").Refused(HttpStatusCode.RequestEntityTooLarge, "too_large");
        await fixture.Owner.PostAsync($"/api/rooms/{room}/messages", new { files = new[] { small } }).Refused(HttpStatusCode.Conflict, "bad_file");
    }

    [Fact]
    public async Task A_part_of_a_file_and_nothing_of_what_is_known_already_can_be_asked_for()
    {
        var room = await fixture.RoomAsync();
        var file = (await fixture.Owner.UploadAsync(room, "x.txt", "0123456789"u8.ToArray())).Text("id");

        var part = await fixture.Owner.SendAsync(HttpMethod.Get, $"/files/{room}/{file}/x.txt", null, ("Range", "bytes=3-5"));
        var known = await fixture.Owner.SendAsync(HttpMethod.Get, $"/files/{room}/{file}/x.txt", null, ("If-None-Match", part.Headers["etag"]));

        Assert.Equal((HttpStatusCode.PartialContent, "345", "bytes 3-5/10"), (part.Status, part.Body, part.Headers["content-range"]));
        Assert.Equal(HttpStatusCode.NotModified, known.Status);
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, (await fixture.Owner.SendAsync(HttpMethod.Get, $"/files/{room}/{file}/x.txt", null, ("Range", "bytes=10-"))).Status);
    }

    [Fact]
    public async Task Who_is_removed_gets_no_file_of_the_room_any_more()
    {
        var room = await fixture.RoomAsync("private");
        using var bob = await fixture.Server.GuestAsync("Bob");
        await fixture.AcceptAsync(bob, room);
        var file = await fixture.Owner.UploadAsync(room, "x.txt", [1]);
        await BringAsync(room, file);
        await bob.GetAsync($"/files/{room}/{file.Text("id")}/x.txt").Succeeds();

        await fixture.Owner.DeleteAsync($"/api/rooms/{room}/members/{bob.UserId}").Succeeds(HttpStatusCode.NoContent);

        await bob.GetAsync($"/files/{room}/{file.Text("id")}/x.txt").Refused(HttpStatusCode.NotFound, "not_found");
        await fixture.Owner.GetAsync($"/files/elsewhere/{file.Text("id")}/x.txt").Refused(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task What_is_deleted_or_never_brought_is_taken_off_the_disk_also_by_the_next_process()
    {
        await using var store = await SharedStore.InSqliteAsync();
        string room = "room1", kept;
        await using (var server = await InProcessServer.StartAsync(s => (s.Store, s.Options) = (store, o => o.FileSweepPause = TimeSpan.FromHours(1))))
        {
            using var ann = await server.GuestAsync("Ann");
            kept = (await ann.UploadAsync(room, "kept", [1])).Text("id");
            await ann.PostAsync($"/api/rooms/{room}/messages", new { files = new[] { kept } }).Succeeds(HttpStatusCode.Created);
            var deleted = (await ann.UploadAsync(room, "deleted", [1])).Text("id");
            var message = await ann.PostAsync($"/api/rooms/{room}/messages", new { files = new[] { deleted } }).Succeeds(HttpStatusCode.Created);
            var never = (await ann.UploadAsync(room, "never brought", [1])).Text("id");
            await ann.DeleteAsync($"/api/rooms/{room}/messages/{message.Text("id")}").Succeeds();
            await ann.GetAsync($"/files/{room}/{deleted}/x").Refused(HttpStatusCode.NotFound, "not_found");
            Assert.Equal(new[] { kept, deleted, never }.Order(), Files(store).Select(Path.GetFileName).Order());
        }

        await using var next = await InProcessServer.StartAsync(s =>
        {
            s.Store = store;
            s.Options = o =>
            {
                o.FileSweepPause = TimeSpan.FromMilliseconds(100);
                o.WaitingFileLifetime = TimeSpan.FromMilliseconds(1);
            };
        });

        await Eventually.UntilAsync("their bytes are gone", () => Task.FromResult(Files(store).Length == 1));
        Assert.Equal(kept, Path.GetFileName(Assert.Single(Files(store))));
    }

    [Fact]
    public async Task Where_no_files_are_taken_or_the_room_is_in_the_archive_an_upload_is_refused()
    {
        await using var server = await InProcessServer.StartAsync(s => s.Options = o => o.MaxFileSize = 0);
        using var ann = await server.GuestAsync("Ann");
        await ann.UploadAsync("room1", "x", [1]).Refused(HttpStatusCode.Forbidden, "forbidden");

        var room = await fixture.RoomAsync();
        var file = await fixture.Owner.UploadAsync(room, "x.txt", [1]);
        await BringAsync(room, file);
        await fixture.Owner.PatchAsync($"/api/rooms/{room}", new { archived = true }).Succeeds();
        await fixture.Owner.UploadAsync(room, "x", [1]).Refused(HttpStatusCode.Forbidden, "archived");
        await fixture.Other.GetAsync($"/files/{room}/{file.Text("id")}/x.txt").Succeeds();
    }

    private static string Head(InProcessServer server, HttpApi who, string length) =>
        $"POST /api/rooms/room1/files?name=x HTTP/1.1\r\nHost: {server.Url.Authority}\r\nAuthorization: Bearer {who.Token}\r\n{length}\r\n\r\n";

    private static string[] Files(SharedStore store) => Directory.GetFiles(Path.Combine(store.Folder!, "files"), "*", SearchOption.AllDirectories);

    private static byte[] Png(uint width, uint height)
    {
        byte[] bytes = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, .. "IHDR"u8, 0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(16), width);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(20), height);
        return bytes;
    }

    /// <summary>With so many notes of 64 KiB (EXIF and the like) before it says its size.</summary>
    private static byte[] Jpeg(int notes, ushort width, ushort height)
    {
        var bytes = new List<byte> { 0xFF, 0xD8 };
        for (var i = 0; i < notes; i++)
            bytes.AddRange([0xFF, 0xE1, 0xFF, 0xFF, .. "Exif\0\0"u8, .. new byte[65_527]]);
        bytes.AddRange([0xFF, 0xC0, 0, 17, 8, (byte)(height >> 8), (byte)height, (byte)(width >> 8), (byte)width, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1, 0xFF, 0xD9]);
        return [.. bytes];
    }

    private static async Task<(byte[] Body, Func<string, string> Header)> BytesAsync(HttpApi who, string room, string file)
    {
        using var http = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = TestCertificate.IsShown } });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(who.Server, $"/files/{room}/{file}/any-name"));
        request.Headers.Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue("Bearer", who.Token);
        using var response = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var headers = response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);
        return (await response.Content.ReadAsByteArrayAsync(), name => headers.GetValueOrDefault(name, ""));
    }

    private async Task BringAsync(string room, Answer file) =>
        await fixture.Owner.PostAsync($"/api/rooms/{room}/messages", new { message = "", files = new[] { file.Text("id") } }).Succeeds(HttpStatusCode.Created);
}
