using Hubbub.Core.Hub;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Hubs;

/// <summary>The bytes of one write for all who stand at the same place, and where each of them stands whom the kernel did not take all of it from.</summary>
public sealed class BatchTests
{
    private static readonly RoomId Room = RoomId.Parse("room");
    private static readonly Epoch Life = new(7);
    private static readonly User Ann = new(UserId.Parse("ann"), "Ann");

    [Fact]
    public void It_is_every_frame_behind_the_cursor_in_one_piece()
    {
        var (lane, frames) = LaneOf(5);
        var batch = new Batch();
        batch.Make(lane, Cursor.At(new Position(Life, 2)));
        Assert.True(batch.IsInLane);
        Assert.True(batch.ReachesHead);
        Assert.Equal(frames.Skip(2).SelectMany(f => f.WebSocket.ToArray()), batch.Bytes.ToArray());
        Assert.Equal(new Cursor(new Position(Life, 5), 5), batch.To);
    }

    [Fact]
    public void It_is_made_once_for_all_who_stand_there_and_anew_for_others()
    {
        var (lane, _) = LaneOf(3);
        var batch = new Batch();
        var there = Cursor.At(new Position(Life, 1));
        batch.Make(lane, there);
        Assert.True(batch.Is(lane, there));
        Assert.False(batch.Is(lane, Cursor.At(new Position(Life, 2))));
        Assert.False(batch.Is(LaneOf(3).Lane, there));
        batch.Clear();
        Assert.False(batch.Is(lane, there));
    }

    [Fact]
    public void At_the_head_it_is_empty_and_behind_the_lane_it_says_so()
    {
        var (lane, _) = LaneOf(20, maxFrames: 8);
        var batch = new Batch();
        batch.Make(lane, Cursor.At(new Position(Life, 20)));
        Assert.True(batch is { IsEmpty: true, IsInLane: true, ReachesHead: true });
        batch.Make(lane, Cursor.At(new Position(Life, 2)));
        Assert.False(batch.IsInLane);
    }

    [Fact]
    public void Wherever_the_kernel_stops_the_cursor_and_the_cut_frame_account_for_every_byte()
    {
        var (lane, frames) = LaneOf(4);
        var batch = new Batch();
        batch.Make(lane, Cursor.At(new Position(Life, 0)));
        for (var taken = 0; taken <= batch.Bytes.Length; taken++)
        {
            var cursor = batch.Cut(taken, out var cut, out var offset);
            var whole = frames.TakeWhile(f => f.Sequence <= cursor.Position.Sequence).Sum(f => f.WebSocket.Length);
            var left = cut is null ? 0 : cut.WebSocket.Length - offset;
            Assert.Equal(taken, whole - left);
            Assert.True(cut is null || offset is > 0 && offset < cut.WebSocket.Length);
        }
    }

    [Fact]
    public void It_ends_at_one_writes_worth_and_says_that_more_is_there()
    {
        var (lane, _) = LaneOf(60, text: new string('x', 2_000));
        var batch = new Batch();
        batch.Make(lane, Cursor.At(new Position(Life, 0)));
        Assert.False(batch.ReachesHead);
        Assert.InRange(batch.Bytes.Length, Batch.MaxBytes, Batch.MaxBytes + 4_000);
        batch.Make(lane, batch.To);
        Assert.True(batch.ReachesHead);
    }

    [Fact]
    public void Behind_the_lane_of_a_relaxed_room_one_skip_is_made_for_all_who_stand_there()
    {
        var (lane, frames) = LaneOf(20, maxFrames: 8, relaxed: (Room, 3));
        var batch = new Batch();
        batch.Make(lane, Cursor.At(new Position(Life, 2)));
        Assert.True(batch is { IsInLane: true, ReachesHead: true });
        var skip = Frame.Skipped(Room, new Position(Life, 2), 17);
        Assert.Equal([.. skip.WebSocket.ToArray(), .. frames.Skip(17).SelectMany(f => f.WebSocket.ToArray())], batch.Bytes.ToArray());
        Assert.Equal(new Cursor(new Position(Life, 20), 20), batch.To);

        // Whoever got the skip alone stands behind it, in the lane.
        Assert.Equal(new Cursor(new Position(Life, 17), 17), batch.Cut(skip.WebSocket.Length, out var cut, out _));
        Assert.Null(cut);
    }

    [Fact]
    public void It_knows_whom_a_signal_or_a_leaving_concerns()
    {
        var (lane, _) = LaneOf(1);
        lane.Append(Frame.Typing(Room, Ann));
        var batch = new Batch();
        batch.Make(lane, Cursor.At(new Position(Life, 0)));
        Assert.True(batch.Concerns(Ann.Id));
        Assert.False(batch.Concerns(UserId.Parse("bob")));

        lane.Append(Frame.Of(new RoomEvent(Room, new Position(Life, 2), Ann, DateTimeOffset.UnixEpoch, null, new MemberLeft(new User(UserId.Parse("bob"), "Bob"), LeaveReason.Left))));
        batch.Make(lane, Cursor.At(new Position(Life, 1)));
        Assert.True(batch.Concerns(UserId.Parse("bob")));
    }

    private static (Lane Lane, Frame[] Frames) LaneOf(
        int events, int maxFrames = 64, string text = "text", (RoomId Room, int Burst)? relaxed = null)
    {
        var lane = new Lane(new Position(Life, 0), maxFrames, 1024 * 1024, relaxed);
        var frames = Enumerable.Range(1, events)
            .Select(i => Frame.Of(new RoomEvent(Room, new Position(Life, i), Ann, DateTimeOffset.UnixEpoch, null, new MessagePosted($"{text} {i}"))))
            .ToArray();
        foreach (var frame in frames)
            lane.Append(frame);
        return (lane, frames);
    }
}
