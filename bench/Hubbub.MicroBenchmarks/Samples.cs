using Hubbub.Protocol;

namespace Hubbub.MicroBenchmarks;

/// <summary>What every benchmark posts: a message of 128 bytes of text.</summary>
internal static class Samples
{
    public static readonly RoomId Room = RoomId.Parse("room1");
    public static readonly User Ada = new(UserId.Parse("g-0ads0sfzydg8fhj472s4v63x5g"), "Ada");
    public static readonly MessagePosted Message = new(new string('m', 128));
    public static readonly DateTimeOffset Time = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly Epoch Epoch = new(0x9f3a01bc);

    public static RoomEvent Event(long sequence, string? text = null) =>
        new(Room, new Position(Epoch, sequence), Ada, Time, "9b2f6c1e-key", text is null ? Message : new MessagePosted(text));

    /// <summary>Words in no order, which shrink about as prose does.</summary>
    public static byte[] Text(int length)
    {
        string[] words =
        [
            "could ", "you ", "have ", "a ", "look ", "at ", "the ", "figures ", "of ", "last ", "week, ", "please? ", "I ", "think ", "that ", "second ", "row ", "is ", "wrong, ", "and ", "so ", "sum ", "below ", "it. ",
        ];
        var random = new Random(1);
        var text = new System.Text.StringBuilder();
        while (text.Length < length)
            text.Append(words[random.Next(words.Length)]).Append((char)random.Next('a', 'z' + 1));
        return System.Text.Encoding.ASCII.GetBytes(text.ToString(0, length));
    }
}
