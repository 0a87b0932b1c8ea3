using Hubbub.Load.Posting;

namespace Hubbub.UnitTests.Load;

/// <summary>Writes down what it is asked to post and answers when the test says so.</summary>
internal sealed class RecordingPoster : IPoster
{
    public List<(int Number, long SentAt)> Posts { get; } = [];

    /// <summary>Is called with each post's number, on the poster's loop.</summary>
    public Action<int>? Posted { get; set; }

    public int Capacity => 1;

    public void Post(int number, long sentAt)
    {
        Posts.Add((number, sentAt));
        Posted?.Invoke(number);
    }

    public void Close(string reason)
    {
    }
}
