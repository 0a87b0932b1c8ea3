using Hubbub.Core.People;
using Hubbub.Core.Rooms;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Hubbub.Server.Auth;

/// <summary>Which pages of other origins may talk to this server. Configuration section <c>Hubbub</c>.</summary>
public sealed class OriginOptions
{
    public const string Section = "Hubbub";

    /// <summary>Each as browsers write it: <c>https://app.example.com</c>.</summary>
    public IList<string> AllowedOrigins { get; } = [];
}

public static class AuthRegistration
{
    /// <summary>
    /// Everything that says who somebody is, with options from the configuration. Needs an <see cref="IRoomDirectory"/> and an <see cref="IPeople"/> beside it. Ask
    /// for <see cref="Authenticator"/> once at the start: a bad key or origin then stops the server with
    /// <see cref="AuthSetupException"/>, not its first client.
    /// </summary>
    public static IServiceCollection AddHubbubAuth(this IServiceCollection services, Func<IServiceProvider, SigningKey> signingKey)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<TokenOptions>().BindConfiguration(TokenOptions.Section);
        services.AddOptions<OriginOptions>().BindConfiguration(OriginOptions.Section);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<TokenOptions>>().Value);
        services.AddSingleton(provider => new Origins(provider.GetRequiredService<IOptions<OriginOptions>>().Value.AllowedOrigins));
        services.AddSingleton(signingKey);
        services.AddSingleton<Tokens>();
        services.AddSingleton<Guests>();
        services.AddSingleton<Tickets>();
        services.AddSingleton<Authenticator>();
        services.AddOptions<AccountOptions>().BindConfiguration(AccountOptions.Section);
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<IOptions<AccountOptions>>().Value;
            options.Check();
            return options;
        });
        services.AddSingleton<Amendments>();
        services.AddSingleton<IPasswordHasher<Account>>(provider => new PasswordHasher<Account>(Options.Create(new PasswordHasherOptions
        {
            IterationCount = provider.GetRequiredService<AccountOptions>().HashIterations,
        })));
        services.AddSingleton<Passwords>();
        services.AddSingleton<Accounts>();
        services.AddSingleton<Profiles>();
        services.AddSingleton<LastSeen>();
        return services;
    }
}
