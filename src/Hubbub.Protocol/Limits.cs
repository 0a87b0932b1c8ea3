namespace Hubbub.Protocol;

/// <summary>Limits that are part of the protocol, the same on every server. What an operator may change lives in the server's options.</summary>
public static class Limits
{
    /// <summary>The largest <c>limit</c> and <c>last</c>, in events.</summary>
    public const int MaxPage = 1000;

    public const int DefaultPage = 100;

    /// <summary>The longest <c>wait</c> of a long poll, in seconds.</summary>
    public const int MaxWaitSeconds = 60;
}
