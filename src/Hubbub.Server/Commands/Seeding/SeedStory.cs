using System.Globalization;
using Hubbub.Core.Log;
using Hubbub.Protocol;

namespace Hubbub.Server.Commands.Seeding;

/// <summary>
/// Rooms full of talk that nobody ever had, for whoever wants to see how Hubbub stands with much of it. The same numbers and the same seed give the same events, byte for byte, on every machine and in every version: chance is
/// <see cref="Chance"/>'s, and time ends at a given moment.
/// </summary>
/// <param name="Seed">Which of the stories.</param>
/// <param name="Rooms">How many rooms; the messages go round.</param>
/// <param name="Members">Members of each room, the same people everywhere.</param>
/// <param name="Messages">Messages in all rooms together; of a hundred some three are edited and one is deleted.</param>
/// <param name="Until">When the last was said; the first a minute earlier for each message on average.</param>
internal sealed record SeedStory(ulong Seed, int Rooms, int Members, int Messages, DateTimeOffset Until)
{
    public const int MaxRooms = 10_000;
    public const int MaxMembers = 100_000;
    public const int MaxMessages = 10_000_000;

    private static readonly string[] FirstNames =
        ["Ada", "Alan", "Amal", "Anna", "Babak", "Carlos", "Chen", "Dora", "Emil", "Fatima", "Grace", "Hana", "Igor", "Jamal", "Jürgen", "Kofi", "Lena", "Linus", "Mei", "Niklas", "Olga", "Priya", "Quinn", "Rosa", "Søren", "Tariq", "Uma", "Vera", "Wang", "Ximena", "Yuki", "Zoë"];

    private static readonly string[] Syllables = ["ba", "be", "do", "du", "fa", "ka", "ko", "la", "le", "li", "lo", "ma", "me", "mi", "mo", "na", "ne", "no", "pa", "po", "ra", "re", "ri", "ro", "sa", "se", "ta", "te", "to", "va", "vi", "za"];

    private static readonly string[] Frequent =
        ["the", "we", "to", "a", "is", "in", "it", "and", "of", "you", "on", "for", "that", "with", "server", "today", "meeting", "release", "build", "test", "log", "deploy", "message", "room", "question", "answer", "please", "thanks", "yes", "no", "maybe", "tomorrow"];

    private static readonly string[] Foreign = ["Grüße aus Köln", "до свидания", "مرحبا بالعالم", "שלום עולם", "今日は良い天気ですね", "안녕하세요", "ขอบคุณมาก", "🎉🦉", "👩‍👩‍👧‍👦 family", "naïve café"];

    /// <summary>The words of all messages, the most frequent first.</summary>
    public static IReadOnlyList<string> Vocabulary { get; } = MakeVocabulary();

    public RoomId RoomAt(int index) => RoomId.Parse(string.Create(CultureInfo.InvariantCulture, $"seed-{Seed}-{index + 1}"));

    public static User MemberAt(int index) => new(
        UserId.Parse(string.Create(CultureInfo.InvariantCulture, $"seed-{index + 1}")),
        string.Create(CultureInfo.InvariantCulture, $"{FirstNames[index % FirstNames.Length]} {(index / FirstNames.Length) + 1}"));

    /// <summary>All events in an order in which each room's can be appended.</summary>
    public IEnumerable<Draft> Tell()
    {
        var chance = new Chance(Seed);
        var begin = Until - TimeSpan.FromMinutes(Messages + 1);
        var heads = new long[Rooms];
        for (var r = 0; r < Rooms; r++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"Seeded room {r + 1}");
            yield return new Draft(RoomAt(r), MemberAt(0), begin, null, new RoomCreated(name, Visibility.Public), new Epoch((uint)chance.Next()));
            for (var m = 1; m < Members; m++)
                yield return new Draft(RoomAt(r), MemberAt(m), begin, null, new MemberJoined(MemberAt(m), Role.Member));
            heads[r] = Math.Max(Members, 1);
        }

        // What was said lately by whom, to be edited or deleted by the same.
        var recent = new List<(int Room, long Sequence, User Sender)>();
        for (var i = 0; i < Messages; i++)
        {
            var room = i % Rooms;
            var sender = MemberAt(chance.Zipf(Members));
            var at = begin + TimeSpan.FromMinutes(i + 1) + TimeSpan.FromMilliseconds(chance.Below(60_000));
            yield return new Draft(RoomAt(room), sender, at, null, new MessagePosted(Text(chance)));
            recent.Add((room, ++heads[room], sender));
            if (chance.Below(100) >= 4)
                continue;
            var taken = chance.Below(recent.Count);
            var (where, sequence, who) = recent[taken];
            EventContent change = new MessageEdited(sequence, Text(chance));
            if (chance.Below(4) == 0)
            {
                change = new MessageDeleted(sequence);
                recent.RemoveAt(taken);
            }

            yield return new Draft(RoomAt(where), who, at, null, change);
            heads[where]++;
            if (recent.Count > 200)
                recent.RemoveRange(0, recent.Count - 100);
        }
    }

    private static string Text(Chance chance)
    {
        var words = new List<string>();
        for (var left = 3 + chance.Below(16); left > 0; left--)
            words.Add(Vocabulary[chance.Zipf(Vocabulary.Count)]);
        var odd = chance.Below(100);
        if (odd < 5)
            words.Add(string.Create(CultureInfo.InvariantCulture, $"https://example.org/{Vocabulary[chance.Below(Vocabulary.Count)]}/{chance.Below(10_000)}"));
        else if (odd < 9)
            words.Insert(chance.Below(words.Count), Foreign[chance.Below(Foreign.Length)]);
        else if (odd < 12)
            words.Insert(words.Count / 2, "\n");
        return string.Join(' ', words);
    }

    private static List<string> MakeVocabulary()
    {
        // Of one seed for all stories: who searches need not know which of them it is.
        var chance = new Chance(1);
        var words = new List<string>(Frequent);
        var known = new HashSet<string>(words, StringComparer.Ordinal);
        while (words.Count < 8_000)
        {
            var word = string.Concat(Enumerable.Range(0, 2 + chance.Below(3)).Select(_ => Syllables[chance.Below(Syllables.Length)]));
            if (known.Add(word))
                words.Add(word);
        }

        return words;
    }
}
