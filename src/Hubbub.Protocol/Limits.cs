namespace Hubbub.Protocol;

/// <summary>Limits that are part of the protocol, the same on every server. What an operator may change lives in the server's options.</summary>
public static class Limits
{
    /// <summary>The largest <c>limit</c> and <c>last</c>, in events.</summary>
    public const int MaxPage = 1000;

    public const int DefaultPage = 100;

    /// <summary>The most different emoji on one message.</summary>
    public const int MaxEmojiOfMessage = 50;

    /// <summary>The most pinned messages of a room.</summary>
    public const int MaxPins = 50;

    /// <summary>The longest pause of a slow room between two messages of one member, in seconds.</summary>
    public const int MaxSlowModeSeconds = 21_600;

    /// <summary>The longest time for which somebody is muted, in seconds (30 days).</summary>
    public const int MaxMuteSeconds = 2_592_000;

    /// <summary>The longest topic, in bytes of UTF-8.</summary>
    public const int MaxTopicBytes = 1024;

    /// <summary>The longest <c>wait</c> of a long poll, in seconds.</summary>
    public const int MaxWaitSeconds = 60;
}
