using Hubbub.Core.Hub;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;
using Xunit;

namespace Hubbub.UnitTests.Hubs;

/// <summary>Every decision of a reader, as a table: what it holds, what the room has, what it does.</summary>
public sealed class CatchUpTests
{
    private const uint Life = 1;
    private const uint OtherLife = 2;

    /// <summary>Asked position, head of the log, and what is told; replay is limited to ten.</summary>
    public static TheoryData<uint, long, long, GapReason?> Beginnings => new()
    {
        // life of the position, its sequence, the head's sequence
        { Life, 5, 5, null },
        { Life, 0, 0, null },
        { Life, 0, 10, null },
        { Life, 90, 100, null },
        { Life, 89, 100, GapReason.TooFarBehind },
        { Life, 0, 11, GapReason.TooFarBehind },
        { Life, 6, 5, GapReason.LostPast },
        { Life, long.MaxValue, 5, GapReason.LostPast },
        { OtherLife, 5, 5, GapReason.LostPast },
        { OtherLife, 3, 5, GapReason.LostPast },
        { OtherLife, 60, 5, GapReason.LostPast },

        // Before the first event there is no past to lose, whichever life is named.
        { OtherLife, 0, 5, null },
        { OtherLife, 0, 11, GapReason.TooFarBehind },
        { OtherLife, 1, 0, GapReason.LostPast },
    };

    [Theory]
    [MemberData(nameof(Beginnings))]
    public void A_story_goes_on_or_a_gap_is_told(uint life, long asked, long head, GapReason? told)
    {
        var (from, to) = (new Position(new Epoch(life), asked), new Position(new Epoch(Life), head));
        Assert.Equal(told is { } reason ? new Gap(from, to, reason) : null, CatchUp.Start(from, to, maxReplay: 10));
    }

    /// <summary>A lane that began after 10 and has seen 11–20, of which the last eight are left: 13–20, at the ordinals 3–10.</summary>
    /// <remarks>Columns: the reader's sequence, its ordinal (−1 outside), what it does, and with which sequence (a frame) or ordinal (an entry).</remarks>
    public static TheoryData<long, long, StepKind, long> Places => new()
    {
        // Outside the lane.
        { 20, -1, StepKind.Enter, 10 },
        { 19, -1, StepKind.Enter, 9 },
        { 12, -1, StepKind.Enter, 2 },
        { 11, -1, StepKind.ReadStore, 0 },
        { 0, -1, StepKind.ReadStore, 0 },

        // Ahead of this node: it saw more elsewhere, and waits at the end.
        { 25, -1, StepKind.Enter, 10 },

        // In the lane.
        { 20, 10, StepKind.Wait, 0 },
        { 25, 10, StepKind.Wait, 0 },
        { 19, 9, StepKind.Take, 20 },
        { 12, 2, StepKind.Take, 13 },

        // What it has already is left out.
        { 15, 2, StepKind.Pass, 0 },
        { 25, 9, StepKind.Pass, 0 },

        // Fallen off: the next frame is gone, so on from the store, or from where the lane still has it.
        { 11, 1, StepKind.ReadStore, 0 },
        { 14, 1, StepKind.Enter, 4 },
        { 25, 1, StepKind.Enter, 10 },

        // Never over a hole, even if it stands at a wrong place.
        { 12, 5, StepKind.ReadStore, 0 },
    };

    [Theory]
    [MemberData(nameof(Places))]
    public void A_reader_takes_its_next_step(long sequence, long ordinal, StepKind kind, long what)
    {
        var lane = new Lane(At(10), maxFrames: 8, maxBytes: 1 << 20);
        for (var next = 11; next <= 20; next++)
            lane.Append(EventFrame(next));
        var step = CatchUp.Next(new Cursor(At(sequence), ordinal), lane);
        Assert.Equal(kind, step.Kind);
        if (kind == StepKind.Take)
            Assert.Equal(what, step.Frame!.Event!.Sequence);
        if (kind == StepKind.Enter)
            Assert.Equal(what, step.Ordinal);
    }

    /// <summary>A relaxed lane that began after 10: it has told 11 and 12, skipped 13–18, told 19 and 20; of its burst of three, one may be left.</summary>
    /// <remarks>Columns: the reader's sequence, its ordinal, what it does, the sequence where it stands then, and the ordinal.</remarks>
    public static TheoryData<long, long, StepKind, long, long> RelaxedPlaces => new()
    {
        // In its place, the frame that tells of the skipping is taken by whoever stands before it.
        { 12, 2, StepKind.Take, 18, 3 },
        { 12, -1, StepKind.Enter, 12, 2 },
        { 18, 3, StepKind.Take, 19, 4 },

        // It has some of them from elsewhere: then fewer are skipped.
        { 15, 2, StepKind.Skip, 18, 3 },
        { 15, -1, StepKind.Enter, 15, 2 },
        { 18, 2, StepKind.Pass, 18, 3 },
        { 19, 2, StepKind.Pass, 19, 3 },

        // Fallen off: on before the newest three frames, the skipping among them.
        { 3, -1, StepKind.Skip, 12, 2 },
        { 9, -1, StepKind.Skip, 12, 2 },
        { 20, 5, StepKind.Wait, 20, 5 },
    };

    [Theory]
    [MemberData(nameof(RelaxedPlaces))]
    public void A_reader_of_a_relaxed_room_takes_its_next_step(long sequence, long ordinal, StepKind kind, long behind, long at)
    {
        var room = RoomId.Parse("room");
        var lane = new Lane(At(10), maxFrames: 8, maxBytes: 1 << 20, (room, 3));
        lane.Append(EventFrame(11));
        lane.Append(EventFrame(12));
        lane.Append(Frame.Skipped(room, At(12), 18));
        lane.Append(EventFrame(19));
        lane.Append(EventFrame(20));
        var cursor = new Cursor(At(sequence), ordinal);
        var step = CatchUp.Next(cursor, lane);
        Assert.Equal(kind, step.Kind);
        var next = kind switch
        {
            StepKind.Take => cursor.After(step.Frame!),
            StepKind.Skip => new Cursor(At(step.Sequence), step.Ordinal),
            StepKind.Enter => cursor with { Ordinal = step.Ordinal },
            StepKind.Pass => cursor with { Ordinal = cursor.Ordinal + 1 },
            _ => cursor,
        };
        Assert.Equal(new Cursor(At(behind), at), next);
    }

    [Fact]
    public void A_signal_is_taken_in_passing_and_moves_nobody()
    {
        var lane = new Lane(At(10), maxFrames: 8, maxBytes: 1 << 20);
        lane.Append(Frame.Typing(RoomId.Parse("room"), new User(UserId.Parse("anna"), "Anna")));
        var step = CatchUp.Next(new Cursor(At(10), 0), lane);
        Assert.Equal(StepKind.Take, step.Kind);
        Assert.True(step.Frame!.IsSignal);
        Assert.Equal(10, step.Frame.Sequence);
    }

    [Fact]
    public void An_empty_lane_lets_its_reader_wait_and_sends_a_late_one_to_the_store()
    {
        var lane = new Lane(At(10), maxFrames: 8, maxBytes: 1 << 20);
        Assert.Equal(Step.Enter(0), CatchUp.Next(Cursor.At(At(10)), lane));
        Assert.Equal(Step.Wait, CatchUp.Next(new Cursor(At(10), 0), lane));
        Assert.Equal(Step.ReadStore, CatchUp.Next(Cursor.At(At(9)), lane));
    }

    private static Position At(long sequence) => new(new Epoch(Life), sequence);

    private static Frame EventFrame(long sequence) => Frame.Of(new RoomEvent(
        RoomId.Parse("room"), At(sequence), new User(UserId.Parse("anna"), "Anna"), DateTimeOffset.UnixEpoch, null, new MessagePosted("x")));
}
