using Hubbub.Core.Hub;
using Hubbub.Protocol;
using Hubbub.TestKit;
using Xunit;

namespace Hubbub.UnitTests.Hubs;

/// <summary>The ring of newest frames: what it keeps, what it lets go, and what its readers may rely on while it is written.</summary>
public sealed class LaneTests
{
    private static readonly RoomId Room = RoomId.Parse("room");
    private static readonly Epoch Epoch = new(1);
    private static readonly User Anna = new(UserId.Parse("anna"), "Anna");

    [Fact]
    public void An_empty_lane_stands_where_the_log_stands()
    {
        var lane = NewLane(from: 41);
        Assert.Equal(0, lane.Head);
        Assert.Equal(new Position(Epoch, 41), lane.HeadPosition);
        Assert.False(lane.TryGet(1, out _));
        Assert.False(lane.TryFind(41, out _));
    }

    [Fact]
    public void Frames_are_found_by_ordinal_and_by_sequence()
    {
        var lane = NewLane(from: 41);
        lane.Append(EventFrame(42));
        lane.Append(Frame.Typing(Room, Anna));
        lane.Append(EventFrame(43));
        Assert.Equal((3, 43), (lane.Head, lane.HeadSequence));
        Assert.True(lane.TryFind(41, out var ordinal) && ordinal == 0);

        // After 42 comes the signal in the lane; the place is found just before 43.
        Assert.True(lane.TryFind(42, out ordinal) && ordinal == 2);
        Assert.True(lane.TryGet(3, out var frame) && frame.Event!.Sequence == 43);
        Assert.False(lane.TryFind(40, out _));
        Assert.False(lane.TryFind(43, out _));
        Assert.False(lane.TryGet(4, out _));
    }

    [Fact]
    public void A_signal_does_not_stand_for_the_event_that_fell_off_before_it()
    {
        var lane = NewLane(from: 0, maxFrames: 8);
        lane.Append(EventFrame(1));
        for (var i = 0; i < 8; i++)
            lane.Append(Frame.Typing(Room, Anna));
        Assert.False(lane.TryFind(0, out _));
    }

    [Fact]
    public void A_deleted_message_and_its_edits_are_erased_where_they_stand()
    {
        var lane = NewLane(from: 40);
        lane.Append(EventFrame(41));
        lane.Append(Of(42, new MessagePosted("secret") { Mentions = "anna" }));
        lane.Append(Frame.Typing(Room, Anna));
        lane.Append(Of(43, new MessageEdited(42, "more secret")));
        lane.Append(Of(44, new MessageEdited(41, "not this one")));
        lane.Erase(42);
        Assert.Equal(
            [new MessagePosted("xxxxxxxxxx"), new MessagePosted(""), null, new MessageEdited(42, ""), new MessageEdited(41, "not this one")],
            Enumerable.Range(1, 5).Select(ordinal => lane.TryGet(ordinal, out var frame) && frame.Ordinal == ordinal ? frame.Event?.Content : throw new InvalidOperationException()));
        Assert.True(lane.TryGet(2, out var erased) && erased.Sequence == 42 && erased.Before == 41);
        Assert.DoesNotContain("secret", System.Text.Encoding.UTF8.GetString(erased.Json.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void Erasing_keeps_the_account_of_the_bytes()
    {
        var lane = NewLane(from: 0, maxFrames: 64, maxBytes: 4000);
        for (var sequence = 1; sequence <= 200; sequence++)
        {
            lane.Append(Of(sequence, new MessagePosted(new string('x', 500))));
            lane.Erase(sequence);
        }

        // Each takes some 200 bytes once it is erased; were it counted by what it had been, five would fill the lane, or the count would fall below nothing and nothing would ever fall off.
        Assert.InRange(Enumerable.Range(1, 200).Count(ordinal => lane.TryGet(ordinal, out _)), 12, 30);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(64)]
    public void The_newest_frames_are_kept_however_often_the_ring_wraps(int maxFrames)
    {
        var lane = NewLane(from: 0, maxFrames);
        for (var sequence = 1; sequence <= 10 * maxFrames; sequence++)
        {
            lane.Append(EventFrame(sequence));
            for (var known = 0; known < sequence; known++)
            {
                var isKept = sequence - known <= maxFrames;
                Assert.Equal(isKept, lane.TryFind(known, out var ordinal));
                Assert.True(!isKept || ordinal == known);
                Assert.Equal(isKept, lane.TryGet(known + 1, out var frame) && frame.Event!.Sequence == known + 1);
            }
        }
    }

    [Fact]
    public void The_number_of_frames_is_rounded_up_to_a_power_of_two()
    {
        var lane = NewLane(from: 0, maxFrames: 9);
        for (var sequence = 1; sequence <= 100; sequence++)
            lane.Append(EventFrame(sequence));
        Assert.True(lane.TryFind(100 - 16, out _));
        Assert.False(lane.TryFind(100 - 17, out _));
    }

    [Fact]
    public void Bytes_are_bounded_too_and_the_newest_frame_is_always_kept()
    {
        var size = EventFrame(10, 1000).Size;
        var lane = NewLane(from: 0, maxFrames: 1024, maxBytes: 5 * size);
        for (var sequence = 10; sequence < 60; sequence++)
            lane.Append(EventFrame(sequence, 1000));
        Assert.True(lane.TryFind(54, out _));
        Assert.False(lane.TryFind(53, out _));
        lane.Append(EventFrame(60, 100 * size));
        Assert.True(lane.TryFind(59, out _));
        Assert.False(lane.TryFind(58, out _));
        lane.Append(EventFrame(61, 1000));
        Assert.False(lane.TryFind(59, out _));
        Assert.True(lane.TryFind(60, out _));
    }

    [Fact]
    public void Formats_that_are_made_later_do_not_loosen_the_bound_on_bytes()
    {
        var size = EventFrame(10, 1000).Size;
        var lane = NewLane(from: 0, maxFrames: 1024, maxBytes: 5 * size);
        for (var sequence = 10; sequence < 1000; sequence++)
        {
            var frame = EventFrame(sequence, 1000);
            lane.Append(frame);
            Assert.False(frame.ServerSentEvent.IsEmpty);
        }

        var kept = Enumerable.Range(1, (int)lane.Head).Count(ordinal => lane.TryGet(ordinal, out _));
        Assert.InRange(kept, 1, 5);
    }

    /// <summary>
    /// One writer, readers that wander: each walks as a feed does and must meet every sequence in order or know that it fell off; whatever it finds by sequence must be exactly
    /// that. The writer goes on until every reader has met enough.
    /// </summary>
    [Fact]
    public async Task Readers_never_meet_a_hole_or_a_stranger_while_the_lane_is_written()
    {
        var lane = NewLane(from: 0, maxFrames: 64, maxBytes: 20_000);
        var walkers = Enumerable.Range(0, 3).Select(_ => new Walker(lane)).ToArray();
        var walks = walkers.Select(w => Task.Run(w.Walk)).ToArray();
        var writer = Task.Run(() =>
        {
            for (var sequence = 1; walkers.Any(w => w.Taken < 20_000 && !w.HasFailed); sequence++)
            {
                lane.Append(EventFrame(sequence, sequence % 90));
                if (sequence % 3 == 0)
                    lane.Append(Frame.Typing(Room, Anna));
            }

            foreach (var walker in walkers)
                walker.IsLast = true;
        });
        await Eventually.WithinAsync("the readers have met enough", writer, TimeSpan.FromMinutes(1));
        foreach (var walk in walks)
            await Eventually.WithinAsync("a reader has reached the end", walk, TimeSpan.FromMinutes(1));
    }

    private sealed class Walker(Lane lane)
    {
        private volatile bool _isLast;
        private volatile bool _hasFailed;
        private int _taken;

        /// <summary>Set when nothing more will be written.</summary>
        public bool IsLast { get => _isLast; set => _isLast = value; }

        public bool HasFailed => _hasFailed;

        /// <summary>How many frames were taken from the lane.</summary>
        public int Taken => Volatile.Read(ref _taken);

        public void Walk()
        {
            try
            {
                var cursor = Cursor.At(new Position(Epoch, 0));
                while (Step(ref cursor))
                {
                    // Step by step.
                }
            }
            catch
            {
                _hasFailed = true;
                throw;
            }
        }

        private bool Step(ref Cursor cursor)
        {
            var wasLast = _isLast;
            var step = CatchUp.Next(cursor, lane);
            switch (step.Kind)
            {
                case StepKind.Wait when wasLast:
                    Assert.Equal(lane.HeadSequence, cursor.Position.Sequence);
                    return false;
                case StepKind.Wait:
                    Thread.Yield();
                    break;
                case StepKind.Pass:
                    cursor = cursor with { Ordinal = cursor.Ordinal + 1 };
                    break;
                case StepKind.Enter:
                    cursor = cursor with { Ordinal = step.Ordinal };
                    break;
                case StepKind.Take:
                    Volatile.Write(ref _taken, _taken + 1);
                    var frame = step.Frame!;
                    if (frame.Event is { } e)
                        Assert.Equal(cursor.Position.Sequence + 1, e.Sequence);
                    cursor = new Cursor(cursor.Position with { Sequence = Math.Max(cursor.Position.Sequence, frame.Sequence) }, frame.Ordinal);
                    break;
                case StepKind.ReadStore:
                    // The log holds every number, so to the lane a page from the store is a jump to a newer one.
                    cursor = Cursor.At(new Position(Epoch, lane.HeadSequence));
                    break;
            }

            return true;
        }
    }

    private static Lane NewLane(long from, int maxFrames = 512, int maxBytes = 1 << 20) => new(new Position(Epoch, from), maxFrames, maxBytes);

    private static Frame EventFrame(long sequence, int length = 10) => Of(sequence, new MessagePosted(new string('x', length)));

    private static Frame Of(long sequence, EventContent content) =>
        Frame.Of(new RoomEvent(Room, new Position(Epoch, sequence), Anna, DateTimeOffset.UnixEpoch, null, content));
}
