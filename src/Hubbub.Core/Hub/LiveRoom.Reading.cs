using Hubbub.Core.Broker;
using Hubbub.Protocol;

namespace Hubbub.Core.Hub;

/// <summary>Whose connections are to hear that their user has read elsewhere.</summary>
public sealed partial class LiveRoom
{
    /// <summary>The feeds of these users that read the room here, each with its own user's mark. Where none of them is here, which is the rule, the listeners are not looked through.</summary>
    internal IReadOnlyList<(Feed Feed, Position Position)> FindReaders(IReadOnlyList<ReadMark> marks)
    {
        lock (_lock)
        {
            var here = marks.Where(mark => _attendance.IsAtThisNode(mark.User)).ToDictionary(mark => mark.User, mark => mark.Position);
            if (here.Count == 0)
                return [];
            var readers = new List<(Feed Feed, Position Position)>();
            foreach (var subscription in _alone.Concat(_together))
            {
                if (here.TryGetValue(subscription.Feed.Who!.Id, out var position) && position.Epoch == _lane.Epoch)
                    readers.Add((subscription.Feed, position));
            }

            return readers;
        }
    }
}
