using Hubbub.Core.Log;
using Hubbub.Core.People;
using Hubbub.Core.Rooms;
using Hubbub.Server.Auth;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hubbub.UnitTests.Auth;

public sealed class AuthRegistrationTests
{
    [Fact]
    public void Options_come_from_the_configuration()
    {
        using var provider = Build(new()
        {
            ["Hubbub:Tokens:Audience"] = "chat",
            ["Hubbub:Tokens:Issuer"] = "https://app.example.com",
            ["Hubbub:Tokens:AllowGuests"] = "false",
            ["Hubbub:Tokens:GuestLifetime"] = "7.00:00:00",
            ["Hubbub:Tokens:ClockSkew"] = "00:00:10",
            ["Hubbub:Tokens:HmacKeys:0:Kid"] = "k",
            ["Hubbub:Tokens:HmacKeys:0:Secret"] = new string('s', 32),
            ["Hubbub:Tokens:JwksFile"] = "",
            ["Hubbub:AllowedOrigins:0"] = "https://app.example.com",
            ["Hubbub:Accounts:AllowSignUp"] = "true",
            ["Hubbub:Accounts:Lifetime"] = "1.00:00:00",
        });

        provider.GetRequiredService<Authenticator>();
        var options = provider.GetRequiredService<TokenOptions>();

        Assert.Equal(("chat", "https://app.example.com"), (options.Audience, options.Issuer));
        Assert.Equal((TimeSpan.FromDays(7), TimeSpan.FromSeconds(10)), (options.GuestLifetime, options.ClockSkew));
        Assert.Equal("k", Assert.Single(options.HmacKeys).Kid);
        Assert.False(provider.GetRequiredService<Guests>().Allowed);
        Assert.True(provider.GetRequiredService<Accounts>().AllowsSignUp);
        Assert.Equal(TimeSpan.FromDays(1), provider.GetRequiredService<AccountOptions>().Lifetime);
        Assert.Equal(OriginVerdict.Allowed, provider.GetRequiredService<Origins>().Check("https://app.example.com", "http", "x"));
    }

    [Fact]
    public void A_bad_key_or_origin_stops_the_start_with_its_sentence()
    {
        using var badKey = Build(new() { ["Hubbub:Tokens:HmacKeys:0:Secret"] = "short" });
        using var badAccounts = Build(new() { ["Hubbub:Accounts:HashIterations"] = "1" });
        using var badOrigin = Build(new() { ["Hubbub:AllowedOrigins:0"] = "*" });

        Assert.Throws<AuthSetupException>(badKey.GetRequiredService<Authenticator>);
        Assert.Throws<AuthSetupException>(badAccounts.GetRequiredService<Accounts>);
        Assert.Throws<AuthSetupException>(badOrigin.GetRequiredService<Authenticator>);
    }

    private static ServiceProvider Build(Dictionary<string, string?> settings) => new ServiceCollection()
        .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())
        .AddSingleton<IRoomDirectory>(new InMemoryStore(TimeProvider.System))
        .AddSingleton<IPeople>(new InMemoryPeople(TimeProvider.System))
        .AddLogging()
        .AddHubbubAuth(_ => SigningKey.InMemory())
        .BuildServiceProvider();
}
