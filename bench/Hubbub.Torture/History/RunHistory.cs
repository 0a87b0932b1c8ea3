using Hubbub.Protocol;

namespace Hubbub.Torture.History;

/// <summary>What happened in one run, in the order of time, with the few indexes that the checkers share. Immutable.</summary>
public sealed class RunHistory
{
    private readonly Lazy<IReadOnlyList<Sighting>> _sightings;
    private readonly Lazy<IReadOnlyDictionary<string, Post>> _posts;
    private readonly Lazy<IReadOnlyDictionary<(RoomId, Epoch), long[]>> _known;

    public RunHistory(IReadOnlyList<Record> records)
    {
        Records = records;
        _sightings = new(() => [.. FindSightings()]);
        _posts = new(FindPosts);
        _known = new(FindKnown);
    }

    public IReadOnlyList<Record> Records { get; }

    /// <summary>Every (room, position) at which some message was seen or confirmed, in the order of time.</summary>
    public IReadOnlyList<Sighting> Sightings => _sightings.Value;

    /// <summary>What became of every message that was ever posted, by its name.</summary>
    public IReadOnlyDictionary<string, Post> Posts => _posts.Value;

    public IEnumerable<T> Of<T>() where T : Record => Records.OfType<T>();

    /// <summary>Whether some sequence strictly between the two is known to exist in this life of the room.</summary>
    public long? FirstKnownBetween(RoomId room, Epoch epoch, long after, long before)
    {
        if (!_known.Value.TryGetValue((room, epoch), out var known))
            return null;
        var found = Array.BinarySearch(known, after + 1);
        var index = found < 0 ? ~found : found;
        return index < known.Length && known[index] < before ? known[index] : null;
    }

    private IEnumerable<Sighting> FindSightings()
    {
        foreach (var record in Records)
        {
            switch (record)
            {
                case PostConfirmed ok:
                    yield return new Sighting(ok.At, ok.Room, ok.Position, ok.Message, null, $"{ok.Client}'s confirmation");
                    break;
                case Delivered delivered:
                    yield return Sighting.Of(delivered.At, delivered.Room, delivered.Entry, delivered.Client);
                    break;
                case PageRead page:
                    foreach (var entry in page.Entries)
                        yield return Sighting.Of(page.At, page.Room, entry, page.Client);
                    break;
                case FinalLog final:
                    foreach (var entry in final.Entries)
                        yield return Sighting.Of(final.At, final.Room, entry, $"the final log ({final.Source})");
                    break;
            }
        }
    }

    private Dictionary<string, Post> FindPosts()
    {
        var posts = new Dictionary<string, Post>(StringComparer.Ordinal);
        foreach (var record in Records)
        {
            switch (record)
            {
                case PostInvoked invoked:
                    if (posts.TryGetValue(invoked.Message, out var known))
                        known.Attempts++;
                    else
                        posts.Add(invoked.Message, new Post(invoked));
                    break;
                case PostRefused refused when posts.TryGetValue(refused.Message, out var post):
                    post.Refusals++;
                    break;
                case PostConfirmed confirmed when posts.TryGetValue(confirmed.Message, out var post):
                    post.Confirmations.Add(confirmed);
                    break;
            }
        }

        return posts;
    }

    private Dictionary<(RoomId, Epoch), long[]> FindKnown() => Sightings
        .GroupBy(s => (s.Room, s.Position.Epoch))
        .ToDictionary(g => g.Key, g => g.Select(s => s.Position.Sequence).Distinct().Order().ToArray());
}

/// <summary>A message, or at least its name, at a position, as somebody saw it.</summary>
/// <param name="At">When.</param>
/// <param name="Room">In which room.</param>
/// <param name="Position">At which position.</param>
/// <param name="Message">Its name.</param>
/// <param name="Hash">Of its content; null where only the name was seen.</param>
/// <param name="Where">Who saw it.</param>
public sealed record Sighting(long At, RoomId Room, Position Position, string Message, ulong? Hash, string Where)
{
    public bool IsNamed => !Message.StartsWith('#');

    public string Label => IsNamed || Hash is null ? Message : $"{Message}~{Hash:x}";

    internal static Sighting Of(long at, RoomId room, Entry entry, string where) =>
        new(at, room, entry.Position, entry.Message, entry.Hash, where);
}

/// <summary>One message and what became of all attempts to post it.</summary>
public sealed class Post(PostInvoked first)
{
    public PostInvoked First { get; } = first;

    public int Attempts { get; internal set; } = 1;

    public int Refusals { get; internal set; }

    public List<PostConfirmed> Confirmations { get; } = [];

    /// <summary>True if every attempt was refused: then it must not be anywhere.</summary>
    public bool WasCertainlyRefused => Confirmations.Count == 0 && Refusals >= Attempts;
}
