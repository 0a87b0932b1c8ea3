using System.Net;
using Hubbub.ConformanceTests.Servers;
using Hubbub.ConformanceTests.Wire;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Api;

/// <summary>A server and people on it, for tests that only ask and look. Each test uses rooms of its own.</summary>
public sealed class ApiFixture : IAsyncLifetime
{
    private const string CustomerSecret = "a secret of at least thirty-two bytes!";
    private int _rooms;

    internal JumpingClock Clock { get; } = new();

    internal InProcessServer Server { get; private set; } = null!;

    internal HttpApi Owner { get; private set; } = null!;

    internal HttpApi Other { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Server = await InProcessServer.StartAsync(s =>
        {
            s.Time = Clock;
            s.Tokens = t => t.HmacKeys.Add(new Server.Auth.HmacKeyOptions { Secret = CustomerSecret });
        });
        Owner = await Server.GuestAsync("Owner");
        Other = await Server.GuestAsync("Other");
    }

    public async Task DisposeAsync()
    {
        Owner.Dispose();
        Other.Dispose();
        await Server.DisposeAsync();
    }

    /// <summary>A user of an application whose token allows only these rooms.</summary>
    internal HttpApi Granted(string sub, object rooms) => new(Server.Url, Jwt.Customer(CustomerSecret, sub, rooms), sub);

    /// <summary>A new room of the owner's, or of somebody else's.</summary>
    internal async Task<string> RoomAsync(string visibility = "public", HttpApi? owner = null)
    {
        var id = $"room{Interlocked.Increment(ref _rooms)}";
        (await (owner ?? Owner).PostAsync("/api/rooms", new { id, visibility })).Expect(HttpStatusCode.Created);
        return id;
    }

    /// <summary>A new invitation's token and id.</summary>
    internal async Task<(string Token, string Id)> InviteAsync(string room, object? body = null, HttpApi? owner = null)
    {
        var made = await (owner ?? Owner).PostAsync($"/api/rooms/{room}/invitations", body ?? new { });
        made.Expect(HttpStatusCode.Created);
        return (made.Text("token"), made.Text("id"));
    }

    internal async Task AcceptAsync(HttpApi who, string room, HttpApi? owner = null) =>
        (await who.PostAsync($"/api/invitations/{(await InviteAsync(room, owner: owner)).Token}")).Expect(HttpStatusCode.OK);
}
