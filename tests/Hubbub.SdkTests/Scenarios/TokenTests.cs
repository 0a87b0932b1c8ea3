using Hubbub.SdkTests.Scripted;
using Hubbub.SdkTests.Sdks;

namespace Hubbub.SdkTests.Scenarios;

/// <summary>Tokens that are refused, expire, and are renewed.</summary>
public sealed class TokenTests : Scenario
{
    [Theory]
    [MemberData(nameof(Streams))]
    public async Task A_token_that_is_refused_is_replaced(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport, "first", "second", "third");
        Assert.Equal("first", connection.Token);
        await ((ScriptedFrames)connection).CloseAsync(4401);
        connection = await Server.NextAsync();
        Assert.Equal("second", connection.Token);
        await connection.WelcomeAsync();
        await connection.JoinedAsync(At(0), 0);
        await sdk.SaysAsync("state online", times: 2);
        Expect(sdk, "state connecting", "state online", "state reconnecting", "state online");
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Fresh_tokens_that_are_refused_as_well_end_it(string name, string transport)
    {
        Server.Doors = new Refusal(401, "unauthenticated");
        var sdk = Start(name, new SdkSetup { Transports = [transport], Tokens = [.. Enumerable.Range(1, 9).Select(i => $"token-{i}")] });
        sdk.Join("room1", At(0));
        sdk.Connect();
        await sdk.SaysAsync("state closed");
        sdk.Pass(TimeSpan.FromMinutes(10));
        await sdk.SaysAsync("refused unauthenticated");
        Assert.InRange(Server.Refused.Count, 2, 8);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task A_token_that_expires_is_renewed_in_place_each_time_anew(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport, "first", "second", "third", "fourth");
        foreach (var token in new[] { "second", "third" })
        {
            await ((ScriptedFrames)connection).SendAsync("token_expiring", new { expiresAt = "2026-01-01T00:01:00.000Z" });
            if (connection is ScriptedSocket socket)
            {
                Assert.Equal(token, (await socket.ExpectAsync("auth")).GetProperty("payload").GetProperty("token").GetString());
                await connection.WelcomeAsync();
            }
            else
            {
                // A request carries its token, so a new one takes a new request.
                connection = await connection.AgainAsync();
                Assert.Equal(token, connection.Token);
                await connection.JoinedAsync(At(0), 0);
            }
        }

        // The one that is refused now is the newest, and the next is asked for.
        await ((ScriptedFrames)connection).CloseAsync(4401);
        connection = await Server.NextAsync();
        Assert.Equal("fourth", connection.Token);
        await connection.WelcomeAsync();
        await connection.JoinedAsync(At(0), 0);
        AppendAll("one");
        await connection.TellAsync(1);
        await sdk.SaysAsync("event 1 one");
        Expect(sdk, "state connecting", "state online", "state reconnecting", "state online", "event 1 one");
    }

    [Theory]
    [MemberData(nameof(Sockets))]
    public async Task An_application_that_gives_no_token_now_is_asked_again_when_the_old_one_has_ended(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport, "first", "!", "!", "second");
        await ((ScriptedFrames)connection).SendAsync("token_expiring", new { expiresAt = "2026-01-01T00:01:00.000Z" });
        AppendAll("one");
        await connection.TellAsync(1);
        await sdk.SaysAsync("event 1 one");
        await ((ScriptedFrames)connection).CloseAsync(4401);
        connection = await Server.NextAsync();
        Assert.Equal("second", connection.Token);
        await connection.WelcomeAsync();
        await connection.JoinedAsync(At(1), 1);
        await sdk.SaysAsync("state online", times: 2);
        Expect(sdk, "state connecting", "state online", "event 1 one", "state reconnecting", "state online");
    }

    [Theory]
    [MemberData(nameof(Polls))]
    public async Task A_poll_whose_token_has_expired_is_asked_with_a_fresh_one_and_nobody_sees_it(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport, "first", "second");
        var polls = (ScriptedPolls)connection;
        await polls.RefuseOnceAsync(new Refusal(401, "token_expired"));
        AppendAll("one");
        await polls.TellAsync(1);
        Assert.Equal("second", polls.NewestToken);
        await sdk.SaysAsync("event 1 one");
        Expect(sdk, "state connecting", "state online", "event 1 one");
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task A_guest_who_is_nobody_any_more_becomes_another_and_one_who_is_not_allowed_does_not(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, new SdkSetup { Transports = [transport], Tokens = [] });
        Assert.Equal("guest-1", connection.Token);
        await ((ScriptedFrames)connection).CloseAsync(4401);
        connection = await Server.NextAsync();
        Assert.Equal("guest-2", connection.Token);
        await connection.WelcomeAsync();
        await connection.JoinedAsync(At(0), 0);
        await sdk.SaysAsync("state online", times: 2);
        await ((ScriptedFrames)connection).CloseAsync(4403);
        await sdk.SaysAsync("state closed");
        Expect(sdk, "state connecting", "state online", "state reconnecting", "state online", "state reconnecting", "state closed");
    }
}
