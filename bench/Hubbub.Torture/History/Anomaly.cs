using Hubbub.Protocol;

namespace Hubbub.Torture.History;

/// <summary>What can be wrong with an ordered room log as its clients see it. Named after Jepsen's classes where it has one; all must be empty.</summary>
public enum Anomaly
{
    /// <summary>Two different events were seen at one position (inconsistent-offsets).</summary>
    InconsistentSequence,

    /// <summary>One message was seen at two sequences of one life (duplicate).</summary>
    DuplicateInLog,

    /// <summary>A confirmed message is not in the final log; stronger than Jepsen, which needs a later read.</summary>
    LostWrite,

    /// <summary>A message whose every attempt was refused was seen (G1a).</summary>
    FailedWriteVisible,

    /// <summary>A message was seen that nobody posted.</summary>
    Phantom,

    /// <summary>A message was seen in a room it was not posted to.</summary>
    Misrouted,

    /// <summary>A message was seen with another content than it was posted with.</summary>
    CorruptPayload,

    /// <summary>A live subscriber was never handed an event after its start, and no gap was admitted (unseen).</summary>
    Unobserved,

    /// <summary>A session jumped over an event without admitting a gap (poll-skip, int-poll-skip).</summary>
    Skip,

    /// <summary>A session went back or repeated itself (nonmonotonic-poll). Only a new session may begin at an older position.</summary>
    Nonmonotonic,

    /// <summary>An application was handed one message twice, over reconnects and retries too.</summary>
    Duplicate,

    /// <summary>An application was handed an older event after a newer one.</summary>
    NonmonotonicToApp,

    /// <summary>A message posted after another was confirmed stands before it (nonmonotonic-send, in real time).</summary>
    NonmonotonicAppend,

    /// <summary>Two confirmations of one message name different positions.</summary>
    RetryNotIdempotent,

    /// <summary>The final log is not 1, 2, 3 … without holes.</summary>
    SequenceHole,

    /// <summary>The final log is out of order, or a client reads another one than the store holds.</summary>
    FinalLogDiffers,

    /// <summary>A page asked for after a confirmation lacks the confirmed message.</summary>
    StaleRead,

    /// <summary>A later page of one client lacks what an earlier one had.</summary>
    ShrinkingRead,

    /// <summary>Something of a room reached a removed user after the grace.</summary>
    DeliveryAfterRemoval,

    /// <summary>Something of a room reached a session that had not subscribed to it, or was told that it had left.</summary>
    DeliveryWithoutSubscription,

    /// <summary>A gap was claimed although the log could have continued the story.</summary>
    NeedlessReset,

    /// <summary>What a relaxed room told of and what it counted as skipped do not make the log: the skip begins elsewhere than where the session stands, or is not as long as it says.</summary>
    Miscount,
}

/// <summary>One anomaly that was found, in a sentence for the person who has to understand it.</summary>
public sealed record Finding(Anomaly Kind, string Sentence)
{
    public override string ToString() => $"{Kind}: {Sentence}";
}

/// <summary>What a checker must know about the run.</summary>
public sealed record CheckOptions
{
    /// <summary>How long after an acknowledged removal something may still arrive; the protocol says a second.</summary>
    public TimeSpan RemovalGrace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How far behind the server replays; nearer than that, <c>too_far_behind</c> is needless.</summary>
    public long MaxReplay { get; init; } = 100_000;

    /// <summary>The rooms that may skip, if they say so.</summary>
    public IReadOnlySet<RoomId> Relaxed { get; init; } = new HashSet<RoomId>();
}
