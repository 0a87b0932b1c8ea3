using Hubbub.Server.Auth;
using Xunit;

namespace Hubbub.UnitTests.Auth;

public sealed class GuestsTests : IDisposable
{
    private readonly Application _app = new(options => options.GuestLifetime = TimeSpan.FromDays(7));

    public void Dispose() => _app.Dispose();

    [Fact]
    public void A_guest_has_an_unguessable_id_and_a_token_that_is_them()
    {
        var guest = Make("Ann");

        Assert.Matches("^g-[0-9a-z]{26}$", guest.Caller.User.Id.Value);
        Assert.Equal("Ann", guest.Caller.User.Name);
        Assert.Equal(_app.Clock.Now.AddDays(7), guest.Caller.ExpiresAt);
        Assert.Equal(guest.Caller, _app.Accept(guest.Token));
    }

    [Fact]
    public void A_thousand_guests_have_a_thousand_ids() =>
        Assert.Equal(1000, Enumerable.Range(0, 1000).Select(_ => Make(null).Caller.User.Id).Distinct().Count());

    [Fact]
    public void Without_a_name_a_guest_is_called_guest_and_four_characters() => Assert.Matches("^Guest [0-9A-Z]{4}$", Make(null).Caller.User.Name);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("two\nlines")]
    [InlineData("control\u0000")]
    public void A_name_that_nobody_may_have_is_refused(string name)
    {
        Assert.False(new Guests(_app.Tokens, _app.Options).Make(name).Is(out _, out var refusal));
        Assert.Equal("bad_name", refusal.Code);
    }

    [Fact]
    public void Where_guests_are_not_allowed_none_is_made()
    {
        using var app = new Application(options => options.AllowGuests = false);
        var guests = new Guests(app.Tokens, app.Options);

        Assert.False(guests.Allowed);
        Assert.False(guests.Make("Ann").Is(out _, out var refusal));
        Assert.Equal(("forbidden", 403), (refusal.Code, refusal.Status));
    }

    private Guest Make(string? name)
    {
        Assert.True(new Guests(_app.Tokens, _app.Options).Make(name).Is(out var guest, out _));
        return guest;
    }
}
