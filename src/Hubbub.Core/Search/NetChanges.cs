using Hubbub.Protocol;

namespace Hubbub.Core.Search;

/// <summary>What some changes come to in the end, each message once: a message that was posted, edited and deleted among them leaves nothing to do.</summary>
public sealed class NetChanges
{
    private readonly Dictionary<long, MessageIndexed> _added = [];
    private readonly Dictionary<long, string> _replaced = [];
    private readonly HashSet<long> _dropped = [];

    public NetChanges(IEnumerable<IndexChange> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        foreach (var change in changes)
        {
            switch (change)
            {
                case MessageIndexed added:
                    _added[added.Message] = added;
                    break;
                case MessageReplaced replaced when _added.TryGetValue(replaced.Message, out var added):
                    _added[replaced.Message] = added with { Text = replaced.Text };
                    break;
                case MessageReplaced replaced when !_dropped.Contains(replaced.Message):
                    _replaced[replaced.Message] = replaced.Text;
                    break;
                case MessageDropped dropped:
                    if (!_added.Remove(dropped.Message))
                        _dropped.Add(dropped.Message);
                    _replaced.Remove(dropped.Message);
                    break;
            }
        }
    }

    /// <summary>Messages that are new, with their last text, in the order of the log.</summary>
    public IEnumerable<MessageIndexed> Added => _added.Values.OrderBy(m => m.Message);

    /// <summary>New texts of messages that were there before.</summary>
    public IReadOnlyDictionary<long, string> Replaced => _replaced;

    /// <summary>Messages that were there before and are gone.</summary>
    public IReadOnlyCollection<long> Dropped => _dropped;
}
