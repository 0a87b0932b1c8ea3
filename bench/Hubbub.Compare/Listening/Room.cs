using System.Globalization;
using Hubbub.Load.Checks;
using Hubbub.Load.Figures;

namespace Hubbub.Compare.Listening;

/// <summary>
/// One room as its listeners hear it. The first listener to hear a message reads and checks its text and so decides what comes at
/// this place of the story; all others must hear the same bytes at the same place, which costs one comparison each. Lives on the
/// generator's loop.
/// </summary>
internal sealed class Room
{
    private readonly Audience _audience;
    private readonly int _index;
    private readonly int _remembered;
    private readonly byte[] _texts;
    private readonly long[] _sentAt;
    private readonly int[] _heardBy;
    private readonly List<int> _story = [];
    private readonly HashSet<int> _out = [];

    /// <param name="audience">Hears what the room's listeners hear.</param>
    /// <param name="index">Stands in every message of the room.</param>
    /// <param name="remembered">
    /// A power of two: how far a listener may be behind the first one and still be compared byte by byte. More than the posts that
    /// may be on their way in this room.
    /// </param>
    public Room(Audience audience, int index, int remembered)
    {
        _audience = audience;
        _index = index;
        _remembered = remembered;
        _texts = new byte[remembered * PostText.Length];
        _sentAt = new long[remembered];
        _heardBy = new int[remembered];
        Name = string.Create(CultureInfo.InvariantCulture, $"room{index}");
    }

    public string Name { get; }

    /// <summary>Listeners that must have a message before it counts as delivered; slow ones are not among them.</summary>
    public int Awaited { get; set; }

    /// <summary>Messages handed to the server.</summary>
    public int Posted { get; private set; }

    /// <summary>Messages that somebody has heard.</summary>
    public int Heard => _story.Count;

    /// <summary>Writes the next message of this room.</summary>
    public int WriteNext(Span<byte> text, long now)
    {
        var number = Posted++;
        _out.Add(number);
        PostText.Write(text, _index, number, now);
        return number;
    }

    public void Hear(Listener listener, ReadOnlySpan<byte> text, long now)
    {
        var place = listener.Heard;
        var behind = _story.Count - place;
        var slot = place & (_remembered - 1);
        if (behind == 0)
            Begin(slot, text);
        else if (behind > _remembered ? !IsStory(place, text) : !text.SequenceEqual(TextAt(slot)))
        {
            Disagree(listener, text);
            return;
        }
        listener.Heard++;
        if (!listener.IsAwaited)
            return;
        _audience.Deliver(now - _sentAt[slot], now);
        if (++_heardBy[slot] == Awaited)
            _audience.Complete();
    }

    private Span<byte> TextAt(int slot) => _texts.AsSpan(slot * PostText.Length, PostText.Length);

    private void Begin(int slot, ReadOnlySpan<byte> text)
    {
        if (!PostText.TryRead(text, _index, out var number, out _sentAt[slot]))
            _audience.Findings.Add(Anomaly.Contradiction, $"a text of {Name} is not as it was posted");
        else if (!_out.Remove(number))
            _audience.Findings.Add(Anomaly.Duplicate, $"message {number} of {Name} came again, or was never posted");
        else if (_audience.IsOrdered && number != _story.Count)
            _audience.Findings.Add(Anomaly.Nonmonotonic, $"message {number} of {Name} came as the {_story.Count}th");
        text.CopyTo(TextAt(slot));
        _heardBy[slot] = 0;
        _story.Add(number);
    }

    /// <summary>Where in the story a message stands; looked for behind this place first, since missing some is what happens.</summary>
    private int Place(int number, int behind) => _story.IndexOf(number, behind) is >= 0 and var later ? later : _story.IndexOf(number);

    private bool IsStory(int place, ReadOnlySpan<byte> text) => PostText.TryRead(text, _index, out var number, out _) && number == _story[place];

    /// <summary>This listener hears something else at its place than the first one did: earlier, later, or never said.</summary>
    private void Disagree(Listener listener, ReadOnlySpan<byte> text)
    {
        var told = PostText.TryRead(text, _index, out var number, out _) ? Place(number, listener.Heard) : -1;
        if (told < 0)
            _audience.Findings.Add(Anomaly.Contradiction, $"a listener of {Name} heard another message than the others");
        else if (told < listener.Heard)
            _audience.Findings.Add(Anomaly.Duplicate, $"a listener of {Name} heard message {number} again");
        else
        {
            if (listener.IsAwaited)
                _audience.Findings.Add(Anomaly.Skip, $"a listener of {Name} heard message {number} too early", told - listener.Heard);
            listener.Missed += told - listener.Heard;
            listener.Heard = told + 1;
        }
    }
}
