using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Hubbub.Protocol;

/// <summary>The rules for what people and programs write: message texts, names and keys.</summary>
public static class Texts
{
    /// <summary>The default limit of a message in bytes of UTF-8 (16 KiB).</summary>
    public const int MaxMessageBytes = 16 * 1024;
    public const int MaxNameLength = 64;
    public const int MaxKeyLength = 128;

    /// <summary>Checks a message: not blank, within <paramref name="maxBytes"/> of UTF-8, no lone surrogate, no control character but tab, LF, CR.</summary>
    public static Refusal? CheckMessage([NotNull] string? text, int maxBytes = MaxMessageBytes)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            text = "";
            return Refusals.BadMessage("A message needs some text.");
        }

        // Every UTF-16 unit is at least one byte, so this bounds the scan below.
        if (text.Length > maxBytes || Encoding.UTF8.GetByteCount(text) > maxBytes)
            return Refusals.TooLarge($"A message is at most {maxBytes} bytes of UTF-8.");
        return Flaw(text, allowLines: true) is { } flaw ? Refusals.BadMessage($"A message may not contain {flaw}.") : null;
    }

    /// <summary>Checks the name of a user or room: 1–64 characters, not blank, on one line.</summary>
    public static Refusal? CheckName([NotNull] string? name)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            name = "";
            return Refusals.BadName("A name needs at least one visible character.");
        }

        if (name.Length > MaxNameLength)
            return Refusals.BadName($"A name is at most {MaxNameLength} characters.");
        return Flaw(name, allowLines: false) is { } flaw ? Refusals.BadName($"A name may not contain {flaw}.") : null;
    }

    /// <summary>Checks a room's topic: at most 1024 bytes of UTF-8 on one line. An empty one is fine.</summary>
    public static Refusal? CheckTopic(string topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        if (topic.Length > Limits.MaxTopicBytes || Encoding.UTF8.GetByteCount(topic) > Limits.MaxTopicBytes)
            return Refusals.TooLarge($"A topic is at most {Limits.MaxTopicBytes} bytes of UTF-8.");
        return Flaw(topic, allowLines: false) is { } flaw ? Refusals.BadRequest($"A topic may not contain {flaw}.") : null;
    }

    /// <summary>Checks a client's key: 1–128 visible ASCII characters. No key at all is fine.</summary>
    public static Refusal? CheckKey(string? key) =>
        key is null || IsVisibleAscii(key, MaxKeyLength)
            ? null
            : Refusals.BadKey($"A key is 1–{MaxKeyLength} visible ASCII characters.");

    internal static bool IsVisibleAscii([NotNullWhen(true)] string? text, int maxLength) =>
        text is not null && text.Length > 0 && text.Length <= maxLength && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    private static string? Flaw(string text, bool allowLines)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsSurrogate(c))
            {
                if (!char.IsHighSurrogate(c) || i + 1 >= text.Length || !char.IsLowSurrogate(text[i + 1]))
                    return "half a surrogate pair";
                i++;
            }
            else if (char.IsControl(c) && !(allowLines && c is '\t' or '\n' or '\r'))
            {
                return $"the control character U+{(int)c:X4}";
            }
        }

        return null;
    }
}
