using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Server.Auth;

/// <summary>
/// What a request's credentials amount to; one of three. A refusal is final: a request whose credential is bad is never treated as one without any.
/// </summary>
public abstract record AuthResult
{
    private AuthResult()
    {
    }

    internal static AuthResult Of(Outcome<Caller> outcome) =>
        outcome.Is(out var caller, out var refusal) ? new Known(caller) : new Refused(refusal);

    /// <summary>A credential was there and holds.</summary>
    public sealed record Known(Caller Caller) : AuthResult;

    /// <summary>No credential at all; where guests are allowed, a WebSocket becomes one.</summary>
    public sealed record Anonymous : AuthResult
    {
        public static readonly Anonymous Instance = new();
    }

    public sealed record Refused(Refusal Refusal) : AuthResult;
}
