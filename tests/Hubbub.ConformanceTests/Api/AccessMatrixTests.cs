using System.Net;
using System.Text.Json;
using Hubbub.ConformanceTests.Transports.Readers;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Api;

/// <summary>
/// Who may do what: every operation of the API, and every act on a socket, by everybody there is, in a public and in a private room. The columns are those
/// of <see cref="Callers"/>; a row that is missing here fails a test of its own.
/// </summary>
public class AccessMatrixTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private static readonly string[] Callers =
        ["nobody", "stranger", "member", "removed", "owner", "granted elsewhere", "granted member", "granted owner", "moderator", "reader"];

    /// <summary>Operation → statuses in a public and in a private room, one a caller.</summary>
    private static readonly Dictionary<string, (int[] Public, int[] Private, Func<Scene, HttpApi, Task<Answer>> Act)> Matrix = new()
    {
        //                                     nobody stranger member removed owner elsewhere gr.member gr.owner moderator reader
        ["GET /api/rooms/{room}"] = (
            [401, 200, 200, 403, 200, 404, 200, 200, 200, 200], [401, 404, 200, 404, 200, 404, 200, 200, 200, 200], (s, who) => who.GetAsync(s.Path())),
        ["PATCH /api/rooms/{room}"] = (
            [401, 403, 403, 403, 200, 404, 403, 200, 403, 403], [401, 404, 403, 404, 200, 404, 403, 200, 403, 403], (s, who) => who.PatchAsync(s.Path(), new { name = "x" })),
        ["GET /api/rooms/{room}/members"] = (
            [401, 200, 200, 403, 200, 404, 200, 200, 200, 200], [401, 404, 200, 404, 200, 404, 200, 200, 200, 200], (s, who) => who.GetAsync(s.Path("members"))),
        ["PUT /api/rooms/{room}/members/me"] = (
            [401, 200, 200, 403, 200, 404, 200, 200, 200, 200], [401, 404, 200, 404, 200, 404, 200, 200, 200, 200], (s, who) => who.PutAsync(s.Path("members/me"))),
        ["DELETE /api/rooms/{room}/members/me"] = (
            [401, 404, 204, 403, 204, 404, 404, 404, 204, 204], [401, 404, 204, 404, 204, 404, 404, 404, 204, 204], (s, who) => who.DeleteAsync(s.Path("members/me"))),
        ["DELETE /api/rooms/{room}/members/{user}"] = (
            [401, 403, 403, 403, 204, 404, 403, 204, 204, 403], [401, 404, 403, 404, 204, 404, 403, 204, 204, 403], (s, who) => who.DeleteAsync(s.Path($"members/{s.Third}"))),
        ["POST /api/rooms/{room}/invitations"] = (
            [401, 403, 403, 403, 201, 404, 403, 201, 403, 403], [401, 404, 403, 404, 201, 404, 403, 201, 403, 403], (s, who) => who.PostAsync(s.Path("invitations"), new { })),
        ["GET /api/rooms/{room}/invitations"] = (
            [401, 403, 403, 403, 200, 404, 403, 200, 403, 403], [401, 404, 403, 404, 200, 404, 403, 200, 403, 403], (s, who) => who.GetAsync(s.Path("invitations"))),
        ["DELETE /api/rooms/{room}/invitations/{invitation}"] = (
            [401, 403, 403, 403, 204, 404, 403, 204, 403, 403], [401, 404, 403, 404, 204, 404, 403, 204, 403, 403], (s, who) => who.DeleteAsync(s.Path($"invitations/{s.InvitationId}"))),
        ["GET /api/invitations/{token}"] = (
            [401, 200, 200, 200, 200, 404, 200, 200, 200, 200], [401, 200, 200, 200, 200, 404, 200, 200, 200, 200], (s, who) => who.GetAsync($"/api/invitations/{s.Invitation}")),
        ["POST /api/invitations/{token}"] = (
            [401, 200, 200, 200, 200, 404, 200, 200, 200, 200], [401, 200, 200, 200, 200, 404, 200, 200, 200, 200], (s, who) => who.PostAsync($"/api/invitations/{s.Invitation}")),
        ["POST /api/rooms/{room}/messages"] = (
            [401, 201, 201, 403, 201, 404, 201, 201, 201, 403], [401, 404, 201, 404, 201, 404, 201, 201, 201, 403], (s, who) => who.PostAsync(s.Path("messages"), new { message = "x" })),
        ["POST /api/rooms/{room}/files"] = (
            [401, 201, 201, 403, 201, 404, 201, 201, 201, 403], [401, 404, 201, 404, 201, 404, 201, 201, 201, 403], (s, who) => who.UploadAsync(s.Room, "x.txt", [1])),
        ["DELETE /api/rooms/{room}/files/{file}"] = (
            [401, 404, 404, 403, 204, 404, 404, 404, 404, 404], [401, 404, 404, 404, 204, 404, 404, 404, 404, 404], (s, who) => who.DeleteAsync(s.Path($"files/{s.WaitingFile}"))),
        ["GET /files/{room}/{file}/{name}"] = (
            [401, 200, 200, 403, 200, 404, 200, 200, 200, 200], [401, 404, 200, 404, 200, 404, 200, 200, 200, 200], (s, who) => who.GetAsync($"/files/{s.Room}/{s.File}/x.txt")),
        ["GET /files/{room}/{file}/{name}, one that waits"] = (
            [401, 404, 404, 403, 200, 404, 404, 404, 404, 404], [401, 404, 404, 404, 200, 404, 404, 404, 404, 404], (s, who) => who.GetAsync($"/files/{s.Room}/{s.WaitingFile}/x.txt")),
        ["GET /api/rooms/{room}/messages/{message}"] = (
            [401, 200, 200, 403, 200, 404, 200, 200, 200, 200], [401, 404, 200, 404, 200, 404, 200, 200, 200, 200], (s, who) => who.GetAsync(s.Path($"messages/{s.Message}"))),
        ["GET /api/rooms/{room}/messages/{message}/edits"] = (
            [401, 200, 200, 403, 200, 404, 200, 200, 200, 200], [401, 404, 200, 404, 200, 404, 200, 200, 200, 200], (s, who) => who.GetAsync(s.Path($"messages/{s.Message}/edits"))),
        ["GET /api/rooms/{room}/messages/{message}/thread"] = (
            [401, 200, 200, 403, 200, 404, 200, 200, 200, 200], [401, 404, 200, 404, 200, 404, 200, 200, 200, 200], (s, who) => who.GetAsync(s.Path($"messages/{s.Message}/thread"))),
        ["PUT /api/rooms/{room}/messages/{message}/reactions/{emoji}"] = (
            [401, 200, 200, 403, 200, 404, 200, 200, 200, 403], [401, 404, 200, 404, 200, 404, 200, 200, 200, 403], (s, who) => who.PutAsync(s.Path($"messages/{s.Message}/reactions/%F0%9F%91%8D"))),
        ["DELETE /api/rooms/{room}/messages/{message}/reactions/{emoji}"] = (
            [401, 200, 200, 403, 200, 404, 200, 200, 200, 403], [401, 404, 200, 404, 200, 404, 200, 200, 200, 403], (s, who) => who.DeleteAsync(s.Path($"messages/{s.Message}/reactions/:tada:"))),
        ["PUT /api/rooms/{room}/messages/{message}/pin"] = (
            [401, 403, 403, 403, 200, 404, 403, 200, 200, 403], [401, 404, 403, 404, 200, 404, 403, 200, 200, 403], (s, who) => who.PutAsync(s.Path($"messages/{s.Message}/pin"))),
        ["DELETE /api/rooms/{room}/messages/{message}/pin"] = (
            [401, 403, 403, 403, 200, 404, 403, 200, 200, 403], [401, 404, 403, 404, 200, 404, 403, 200, 200, 403], (s, who) => who.DeleteAsync(s.Path($"messages/{s.Message}/pin"))),
        // The owner wrote it, and one does not report oneself.
        ["POST /api/rooms/{room}/messages/{message}/reports"] = (
            [401, 201, 201, 403, 403, 404, 201, 201, 201, 201], [401, 404, 201, 404, 403, 404, 201, 201, 201, 201],
            (s, who) => who.PostAsync(s.Path($"messages/{s.Message}/reports"), new { reason = "x" })),
        ["GET /api/rooms/{room}/reports"] = (
            [401, 403, 403, 403, 200, 404, 403, 200, 200, 403], [401, 404, 403, 404, 200, 404, 403, 200, 200, 403], (s, who) => who.GetAsync(s.Path("reports"))),
        ["POST /api/rooms/{room}/reports/{report}"] = (
            [401, 403, 403, 403, 200, 404, 403, 200, 200, 403], [401, 404, 403, 404, 200, 404, 403, 200, 200, 403],
            (s, who) => who.PostAsync(s.Path($"reports/{s.Report}"), new { resolution = "kept" })),
        ["GET /api/rooms/{room}/pins"] = (
            [401, 200, 200, 403, 200, 404, 200, 200, 200, 200], [401, 404, 200, 404, 200, 404, 200, 200, 200, 200], (s, who) => who.GetAsync(s.Path("pins"))),
        ["PATCH /api/rooms/{room}, its topic"] = (
            [401, 403, 403, 403, 200, 404, 403, 200, 200, 403], [401, 404, 403, 404, 200, 404, 403, 200, 200, 403], (s, who) => who.PatchAsync(s.Path(), new { topic = "x" })),
        ["PATCH /api/rooms/{room}, its pace"] = (
            [401, 403, 403, 403, 200, 404, 403, 200, 200, 403], [401, 404, 403, 404, 200, 404, 403, 200, 200, 403], (s, who) => who.PatchAsync(s.Path(), new { slowModeSeconds = 5 })),
        ["PATCH /api/rooms/{room}, its archive"] = (
            [401, 403, 403, 403, 200, 404, 403, 200, 403, 403], [401, 404, 403, 404, 200, 404, 403, 200, 403, 403], (s, who) => who.PatchAsync(s.Path(), new { archived = true })),
        ["PUT /api/rooms/{room}/members/{user}"] = (
            [401, 403, 403, 403, 200, 404, 403, 200, 403, 403], [401, 404, 403, 404, 200, 404, 403, 200, 403, 403],
            (s, who) => who.PutAsync(s.Path($"members/{s.Third}"), new { role = "reader" })),
        ["POST /api/rooms/{room}/members/{user}/kick"] = (
            [401, 403, 403, 403, 204, 404, 403, 204, 204, 403], [401, 404, 403, 404, 204, 404, 403, 204, 204, 403], (s, who) => who.PostAsync(s.Path($"members/{s.Third}/kick"))),
        ["PUT /api/rooms/{room}/members/{user}/mute"] = (
            [401, 403, 403, 403, 200, 404, 403, 200, 200, 403], [401, 404, 403, 404, 200, 404, 403, 200, 200, 403],
            (s, who) => who.PutAsync(s.Path($"members/{s.Third}/mute"), new { seconds = 60 })),
        ["DELETE /api/rooms/{room}/members/{user}/mute"] = (
            [401, 403, 403, 403, 204, 404, 403, 204, 204, 403], [401, 404, 403, 404, 204, 404, 403, 204, 204, 403], (s, who) => who.DeleteAsync(s.Path($"members/{s.Third}/mute"))),
        ["PATCH /api/rooms/{room}/messages/{message}"] = (
            [401, 403, 403, 403, 200, 404, 403, 403, 403, 403], [401, 404, 403, 404, 200, 404, 403, 403, 403, 403], (s, who) => who.PatchAsync(s.Path($"messages/{s.Message}"), new { message = "x" })),
        ["DELETE /api/rooms/{room}/messages/{message}"] = (
            [401, 403, 403, 403, 200, 404, 403, 200, 200, 403], [401, 404, 403, 404, 200, 404, 403, 200, 200, 403], (s, who) => who.DeleteAsync(s.Path($"messages/{s.Message}"))),
        ["PUT /api/rooms/{room}/read"] = (
            [401, 200, 200, 403, 200, 404, 200, 200, 200, 200], [401, 404, 200, 404, 200, 404, 200, 200, 200, 200], (s, who) => who.PutAsync(s.Path("read"), new { position = s.Message })),
        ["POST /api/rooms/{room}/typing"] = (
            [401, 202, 202, 403, 202, 404, 202, 202, 202, 403], [401, 404, 202, 404, 202, 404, 202, 202, 202, 403], (s, who) => who.PostAsync(s.Path("typing"))),
        ["GET /api/rooms/{room}/presence"] = (
            [401, 200, 200, 403, 200, 404, 200, 200, 200, 200], [401, 404, 200, 404, 200, 404, 200, 200, 200, 200], (s, who) => who.GetAsync(s.Path("presence"))),
        ["GET /api/rooms/{room}/events"] = (
            [401, 200, 200, 403, 200, 404, 200, 200, 200, 200], [401, 404, 200, 404, 200, 404, 200, 200, 200, 200], (s, who) => who.GetAsync(s.Path("events?after=0"))),
        ["GET /api/rooms/{room}/events, as history"] = (
            [401, 200, 200, 403, 200, 404, 200, 200, 200, 200], [401, 404, 200, 404, 200, 404, 200, 200, 200, 200], (s, who) => who.GetAsync(s.Path($"events?before={s.Message}"))),
        ["GET /api/rooms/{room}/events, as server-sent events"] = (
            [401, 200, 200, 403, 200, 404, 200, 200, 200, 200], [401, 404, 200, 404, 200, 404, 200, 200, 200, 200], (s, who) => StreamAsync(s, who, "text/event-stream")),
        ["GET /api/rooms/{room}/events, as lines"] = (
            [401, 200, 200, 403, 200, 404, 200, 200, 200, 200], [401, 404, 200, 404, 200, 404, 200, 200, 200, 200], (s, who) => StreamAsync(s, who, "application/x-ndjson")),
        ["GET /api/events"] = (
            [401, 200, 200, 403, 200, 404, 200, 200, 200, 200], [401, 404, 200, 404, 200, 404, 200, 200, 200, 200], ManyAsync),
        ["POST /api/rooms"] = (
            [401, 409, 409, 409, 409, 403, 409, 409, 409, 409], [401, 409, 409, 409, 409, 403, 409, 409, 409, 409], (s, who) => who.PostAsync("/api/rooms", new { id = s.Room })),

        // Whom a token binds to other rooms has no direct ones.
        ["POST /api/direct"] = (
            [401, 201, 201, 201, 201, 403, 403, 403, 201, 201], [401, 201, 201, 201, 201, 403, 403, 403, 201, 201], (s, who) => who.PostAsync("/api/direct", new { people = new[] { s.Third } })),

        // What is no room's business.
        ["GET /api/rooms"] = (
            [401, 200, 200, 200, 200, 200, 200, 200, 200, 200], [401, 200, 200, 200, 200, 200, 200, 200, 200, 200], (_, who) => who.GetAsync("/api/rooms")),
        ["GET /api/search"] = (
            [401, 200, 200, 200, 200, 200, 200, 200, 200, 200], [401, 200, 200, 200, 200, 200, 200, 200, 200, 200], (_, who) => who.GetAsync("/api/search?q=x")),
        ["GET /api/users"] = (
            [401, 200, 200, 200, 200, 200, 200, 200, 200, 200], [401, 200, 200, 200, 200, 200, 200, 200, 200, 200], (s, who) => who.GetAsync($"/api/users?id={s.Third}&id=nobody")),
        ["GET /api/me"] = (
            [401, 200, 200, 200, 200, 200, 200, 200, 200, 200], [401, 200, 200, 200, 200, 200, 200, 200, 200, 200], (_, who) => who.GetAsync("/api/me")),
        ["GET /api/connect"] = (
            [401, 200, 200, 200, 200, 200, 200, 200, 200, 200], [401, 200, 200, 200, 200, 200, 200, 200, 200, 200], (s, who) => who.GetAsync($"/api/connect?room={s.Room}")),

        // An operator's, and this node has none.
        ["GET /api/nodes"] = (
            [404, 404, 404, 404, 404, 404, 404, 404, 404, 404], [404, 404, 404, 404, 404, 404, 404, 404, 404, 404], (_, who) => who.GetAsync("/api/nodes")),
        ["POST /api/nodes/{node}/drain"] = (
            [404, 404, 404, 404, 404, 404, 404, 404, 404, 404], [404, 404, 404, 404, 404, 404, 404, 404, 404, 404], (_, who) => who.PostAsync("/api/nodes/one/drain")),
        ["POST /api/tickets"] = (
            [401, 201, 201, 201, 201, 201, 201, 201, 201, 201], [401, 201, 201, 201, 201, 201, 201, 201, 201, 201], (_, who) => who.PostAsync("/api/tickets")),
        ["POST /api/sessions"] = (
            [401, 204, 204, 204, 204, 204, 204, 204, 204, 204], [401, 204, 204, 204, 204, 204, 204, 204, 204, 204], (_, who) => who.PostAsync("/api/sessions")),
        ["DELETE /api/sessions"] = (
            [204, 204, 204, 204, 204, 204, 204, 204, 204, 204], [204, 204, 204, 204, 204, 204, 204, 204, 204, 204], (_, who) => who.DeleteAsync("/api/sessions")),
        ["POST /api/guests"] = (
            [201, 201, 201, 201, 201, 201, 201, 201, 201, 201], [201, 201, 201, 201, 201, 201, 201, 201, 201, 201], (_, who) => who.PostAsync("/api/guests", new { name = "x" })),

        // Whoever is this server's own and no application's may have an account; guests have no password yet.
        ["POST /api/accounts"] = (
            [201, 201, 201, 201, 201, 403, 403, 403, 201, 201], [201, 201, 201, 201, 201, 403, 403, 403, 201, 201],
            (_, who) => who.PostAsync("/api/accounts", new { name = NewName(), password = "correct horse" })),
        ["GET /api/login"] = (
            [200, 200, 200, 200, 200, 200, 200, 200, 200, 200], [200, 200, 200, 200, 200, 200, 200, 200, 200, 200], (_, who) => who.GetAsync("/api/login")),
        ["POST /api/login"] = (
            [403, 403, 403, 403, 403, 403, 403, 403, 403, 403], [403, 403, 403, 403, 403, 403, 403, 403, 403, 403],
            (_, who) => who.PostAsync("/api/login", new { name = NewName(), password = "correct horse" })),
        ["PUT /api/me/password"] = (
            [401, 403, 403, 403, 403, 403, 403, 403, 403, 403], [401, 403, 403, 403, 403, 403, 403, 403, 403, 403],
            (_, who) => who.PutAsync("/api/me/password", new { password = "correct horse", newPassword = "battery staple" })),
        ["POST /api/logout-everywhere"] = (
            [401, 204, 204, 204, 204, 403, 403, 403, 204, 204], [401, 204, 204, 204, 204, 403, 403, 403, 204, 204], (_, who) => who.PostAsync("/api/logout-everywhere")),

        // What everybody shows of themselves is for everybody who is signed in; a name that an application gives is the application's.
        ["GET /api/users/{user}"] = (
            [401, 404, 404, 404, 404, 404, 404, 404, 404, 404], [401, 404, 404, 404, 404, 404, 404, 404, 404, 404], (_, who) => who.GetAsync("/api/users/nobody-at-all")),
        ["PATCH /api/me"] = (
            [401, 200, 200, 200, 200, 403, 403, 403, 200, 200], [401, 200, 200, 200, 200, 403, 403, 403, 200, 200], (_, who) => who.PatchAsync("/api/me", new { name = NewName() })),
        ["PUT /api/me/avatar"] = (
            [401, 400, 400, 400, 400, 400, 400, 400, 400, 400], [401, 400, 400, 400, 400, 400, 400, 400, 400, 400], (_, who) => who.PutAsync("/api/me/avatar", new { })),
        ["DELETE /api/me/avatar"] = (
            [401, 204, 204, 204, 204, 204, 204, 204, 204, 204], [401, 204, 204, 204, 204, 204, 204, 204, 204, 204], (_, who) => who.DeleteAsync("/api/me/avatar")),
        ["GET /api/me/blocks"] = (
            [401, 200, 200, 200, 200, 200, 200, 200, 200, 200], [401, 200, 200, 200, 200, 200, 200, 200, 200, 200], (_, who) => who.GetAsync("/api/me/blocks")),
        ["PUT /api/me/blocks/{user}"] = (
            [401, 204, 204, 204, 204, 204, 204, 204, 204, 204], [401, 204, 204, 204, 204, 204, 204, 204, 204, 204], (s, who) => who.PutAsync($"/api/me/blocks/{s.Third}")),
        ["DELETE /api/me/blocks/{user}"] = (
            [401, 204, 204, 204, 204, 204, 204, 204, 204, 204], [401, 204, 204, 204, 204, 204, 204, 204, 204, 204], (s, who) => who.DeleteAsync($"/api/me/blocks/{s.Third}")),

        // The acts on a socket, by the HTTP status of their code; without credentials a socket is a new guest's, and so a stranger's.
        ["socket join"] = (
            [200, 200, 200, 403, 200, 404, 200, 200, 200, 200], [404, 404, 200, 404, 200, 404, 200, 200, 200, 200], (s, who) => SocketAsync(who, "join", new { roomId = s.Room })),
        ["socket message"] = (
            [200, 200, 200, 403, 200, 404, 200, 200, 200, 403], [404, 404, 200, 404, 200, 404, 200, 200, 200, 403], (s, who) => SocketAsync(who, "message", new { roomId = s.Room, message = "x" })),
        ["socket typing"] = (
            [200, 200, 200, 403, 200, 404, 200, 200, 200, 403], [404, 404, 200, 404, 200, 404, 200, 200, 200, 403], (s, who) => SocketAsync(who, "typing", new { roomId = s.Room })),
        ["socket leave"] = (
            [400, 400, 400, 400, 400, 400, 400, 400, 400, 400], [400, 400, 400, 400, 400, 400, 400, 400, 400, 400], (s, who) => SocketAsync(who, "leave", new { roomId = s.Room })),
    };

    private static int _names;

    public static TheoryData<string, string> Cells
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var operation in Matrix.Keys)
            {
                data.Add(operation, "public");
                data.Add(operation, "private");
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task Everybody_is_answered_as_the_matrix_says(string operation, string visibility)
    {
        var (inPublic, inPrivate, act) = Matrix[operation];
        var expected = visibility == "public" ? inPublic : inPrivate;
        for (var i = 0; i < Callers.Length; i++)
        {
            using var scene = await SetAsync(visibility);
            var answer = await act(scene, scene.People[Callers[i]]);

            Assert.True(expected[i] == (int)answer.Status, $"{operation} by {Callers[i]} in a {visibility} room: expected {expected[i]} but got {answer}");
            if (expected[i] >= 400)
                Assert.Equal(expected[i] switch { 401 => "unauthenticated", 403 when operation == "POST /api/login" => "bad_credentials", 403 => "forbidden", 404 => "not_found", 409 => "room_exists", 400 when operation == "PUT /api/me/avatar" => "bad_request", _ => "not_joined" }, answer.Code);
        }

        Assert.Empty(fixture.Server.Log.Errors);
    }

    [Fact]
    public async Task Every_operation_that_the_server_has_is_in_the_matrix()
    {
        using var nobody = fixture.Server.Nobody();
        var document = await nobody.GetAsync("/openapi/v1.json").Succeeds();
        var served = document.Json.GetProperty("paths").EnumerateObject()
            .SelectMany(p => p.Value.EnumerateObject().Select(o => $"{o.Name.ToUpperInvariant()} {p.Name}"))
            .Where(o => o.Contains(" /api/", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

        // One address of the server is two operations here: leaving, and removing somebody else.
        var tried = Matrix.Keys.Where(k => k.Contains(" /api/", StringComparison.Ordinal) && !k.Contains(',') && k != "DELETE /api/rooms/{room}/members/me");
        Assert.Equal(tried.Order(StringComparer.Ordinal), served);
    }

    /// <summary>A name that nobody has.</summary>
    private static string NewName() => $"Matrix {Interlocked.Increment(ref _names)}";

    private static async Task<Answer> StreamAsync(Scene scene, HttpApi who, string form)
    {
        try
        {
            await using var stream = await who.StreamAsync(scene.Path("events?after=0"), form);
            Assert.Equal("joined", (await stream.NextAsync())!.Value.GetProperty("type").GetString());
            return new Answer(HttpStatusCode.OK, default, "", new Dictionary<string, string>());
        }
        catch (RefusedException e)
        {
            return e.Answer;
        }
    }

    /// <summary>The answer about the one room inside the answer.</summary>
    private static async Task<Answer> ManyAsync(Scene scene, HttpApi who)
    {
        var answer = await who.GetAsync($"/api/events?rooms={scene.Room}@0");
        if (answer.Status != HttpStatusCode.OK)
            return answer;
        var room = answer.Json.GetProperty("rooms")[0];
        return room.TryGetProperty("error", out var error) ? OfCode(error) : answer;
    }

    private static async Task<Answer> SocketAsync(HttpApi who, string type, object payload)
    {
        await using var socket = await PlainWebSocket.ConnectAsync(who.Server, who.Token);
        await socket.SendAsync(type, payload, id: "act");

        // Typing has no answer; a pong behind it says that there was no refusal.
        await socket.SendAsync("ping", id: "act");
        var told = await socket.AnswerAsync("act");
        return told.GetProperty("type").GetString() == "error"
            ? OfCode(told.GetProperty("payload"))
            : new Answer(HttpStatusCode.OK, default, "", new Dictionary<string, string>());
    }

    private static Answer OfCode(JsonElement error)
    {
        var status = error.GetProperty("code").GetString() switch { "forbidden" => 403, "not_found" => 404, "not_joined" => 400, _ => 500 };
        return new Answer((HttpStatusCode)status, error, error.GetRawText(), new Dictionary<string, string>());
    }

    /// <summary>A new room with a message, an invitation, and everybody in their place.</summary>
    private async Task<Scene> SetAsync(string visibility)
    {
        // Of this scene alone: some of what they do ends them.
        var owner = await fixture.Server.GuestAsync("Owner");
        var room = await fixture.RoomAsync(visibility, owner);
        var member = await fixture.Server.GuestAsync("Member");
        var removed = await fixture.Server.GuestAsync("Removed");
        var third = await fixture.Server.GuestAsync("Third");
        await fixture.AcceptAsync(member, room, owner);
        await fixture.AcceptAsync(third, room, owner);
        await fixture.AcceptAsync(removed, room, owner);
        await owner.DeleteAsync($"/api/rooms/{room}/members/{removed.UserId}").Succeeds(HttpStatusCode.NoContent);
        // Known to the server, so that they can be talked to.
        await third.PatchAsync("/api/me", new { color = "#00ff7f" }).Succeeds();
        var (moderator, reader) = (await fixture.Server.GuestAsync("Moderator"), await fixture.Server.GuestAsync("Reader"));
        foreach (var (who, role) in new[] { (moderator, "moderator"), (reader, "reader") })
        {
            await fixture.AcceptAsync(who, room, owner);
            await owner.PutAsync($"/api/rooms/{room}/members/{who.UserId}", new { role }).Succeeds();
        }

        var file = (await owner.UploadAsync(room, "x.txt", [1])).Text("id");
        await owner.PostAsync($"/api/rooms/{room}/messages", new { message = "", files = new[] { file } }).Succeeds(HttpStatusCode.Created);
        var message = (await owner.SayAsync(room, "hello")).Text("id");
        var (invitation, id) = await fixture.InviteAsync(room, owner: owner);
        return new Scene
        {
            Room = room,
            Message = message,
            Report = (await third.PostAsync($"/api/rooms/{room}/messages/{message}/reports", new { reason = "x" }).Succeeds(HttpStatusCode.Created)).Text("id"),
            Invitation = invitation,
            InvitationId = id,
            Third = third.UserId,
            File = file,
            WaitingFile = (await owner.UploadAsync(room, "y.txt", [1])).Text("id"),
            People = new Dictionary<string, HttpApi>
            {
                ["nobody"] = fixture.Server.Nobody(),
                ["stranger"] = await fixture.Server.GuestAsync("Stranger"),
                ["member"] = member,
                ["third"] = third,
                ["removed"] = removed,
                ["moderator"] = moderator,
                ["reader"] = reader,
                ["owner"] = owner,
                ["granted elsewhere"] = fixture.Granted("elsewhere", new Dictionary<string, string> { ["elsewhere"] = "owner" }),
                ["granted member"] = fixture.Granted("granted-member", new Dictionary<string, string> { ["room*"] = "member" }),
                ["granted owner"] = fixture.Granted("granted-owner", new Dictionary<string, string> { [room] = "owner" }),
            },
        };
    }

    private sealed class Scene : IDisposable
    {
        public required string Room { get; init; }

        public required string Message { get; init; }

        /// <summary>Somebody's of the message.</summary>
        public required string Report { get; init; }

        public required string Invitation { get; init; }

        public required string InvitationId { get; init; }

        /// <summary>A member whom an owner may remove.</summary>
        public required string Third { get; init; }

        /// <summary>One that a message of the owner's brings.</summary>
        public required string File { get; init; }

        /// <summary>One of the owner's that no message brings.</summary>
        public required string WaitingFile { get; init; }

        public required IReadOnlyDictionary<string, HttpApi> People { get; init; }

        public string Path(string below = "") => below.Length == 0 ? $"/api/rooms/{Room}" : $"/api/rooms/{Room}/{below}";

        public void Dispose()
        {
            foreach (var person in People.Values)
                person.Dispose();
        }
    }
}
