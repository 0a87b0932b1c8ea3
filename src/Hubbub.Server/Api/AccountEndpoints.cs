using Hubbub.Protocol;
using Hubbub.Server.Auth;

namespace Hubbub.Server.Api;

/// <summary>Names and passwords: make an account, sign in, change the password, sign out everywhere.</summary>
internal static class AccountEndpoints
{
    public static void MapAccounts(this IEndpointRouteBuilder api)
    {
        api.MapPost("/accounts", CreateAsync).WithMetadata(OpenToAll.Instance)
            .Accepts<AccountRequest>("application/json").Produces<SignInAnswer>(StatusCodes.Status201Created);
        api.MapGet("/login", Ways).WithMetadata(OpenToAll.Instance).Produces<WaysInAnswer>();
        api.MapPost("/login", SignInAsync).WithMetadata(OpenToAll.Instance).Accepts<LoginRequest>("application/json").Produces<SignInAnswer>();
        api.MapPut("/me/password", ChangePasswordAsync).Accepts<PasswordRequest>("application/json").Produces<SignInAnswer>();
        api.MapPost("/logout-everywhere", SignOutAsync).Produces(StatusCodes.Status204NoContent);
    }

    private static IResult Ways(Guests guests, Accounts accounts, OpenIdOptions openId) =>
        Answer.Ok(new WaysInAnswer(guests.Allowed, accounts.AllowsSignUp, openId.IsOn ? new OpenIdWay(openId.Name, OpenIdSignIn.Address) : null));

    /// <summary>For everybody; but a credential that is there must hold, since it decides whose the account becomes.</summary>
    private static async Task<IResult> CreateAsync(HttpContext http, Authenticator authenticator, Accounts accounts)
    {
        var known = await authenticator.AuthenticateAsync(http, Entrance.Request);
        if (known is AuthResult.Refused refused)
            return Answer.Refuse(refused.Refusal);
        var body = await Body.ReadAsync<AccountRequest>(http);
        if (!body.Is(out var asked, out var refusal))
            return Answer.Refuse(refusal);
        var created = await accounts.CreateAsync(
            (known as AuthResult.Known)?.Caller, new NewAccount(asked.Name, asked.Password, asked.Handle), http.Connection.RemoteIpAddress, http.RequestAborted);
        return Answer.Of(created, SignInAnswer.Of, StatusCodes.Status201Created);
    }

    private static async Task<IResult> SignInAsync(HttpContext http, Accounts accounts)
    {
        var body = await Body.ReadAsync<LoginRequest>(http);
        return body.Is(out var asked, out var refusal)
            ? Answer.Of(await accounts.SignInAsync(asked.Name, asked.Password, http.Connection.RemoteIpAddress, http.RequestAborted), SignInAnswer.Of)
            : Answer.Refuse(refusal);
    }

    private static async Task<IResult> ChangePasswordAsync(HttpContext http, SignedIn who, Accounts accounts)
    {
        var body = await Body.ReadAsync<PasswordRequest>(http);
        return body.Is(out var asked, out var refusal)
            ? Answer.Of(
                await accounts.ChangePasswordAsync(who.Caller, asked.Password, asked.NewPassword, http.Connection.RemoteIpAddress, http.RequestAborted), SignInAnswer.Of)
            : Answer.Refuse(refusal);
    }

    private static async Task<IResult> SignOutAsync(HttpContext http, SignedIn who, Accounts accounts)
    {
        var refusal = await accounts.SignOutEverywhereAsync(who.Caller, http.RequestAborted);
        if (refusal is null)
            SessionCookie.End(http);
        return Answer.Done(refusal);
    }
}
