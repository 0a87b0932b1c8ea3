using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Server.Auth;

/// <summary>Somebody who has just signed in, and the token that they are known by.</summary>
public sealed record SignIn(Caller Caller, string Token)
{
    /// <summary>Without the token, for it may end up in a log.</summary>
    public override string ToString() => $"Signed in as {Caller.User.Id}";
}

/// <summary>What somebody asks for who wants an account, unchecked.</summary>
public sealed record NewAccount(string? Name, string? Password, string? Handle)
{
    /// <summary>Without the password.</summary>
    public override string ToString() => "A new account";
}
