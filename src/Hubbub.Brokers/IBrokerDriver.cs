using Hubbub.Brokers.Announcements;
using Hubbub.Protocol;

namespace Hubbub.Brokers;

/// <summary>
/// One kind of message broker, as <see cref="NetworkBroker"/> uses it: a way to connect, and nothing remembered. Queues, pings, reconnects and subscriptions that outlive a
/// connection are not its business, so that a new kind is its own calls and no more.
/// </summary>
internal interface IBrokerDriver
{
    /// <summary>Kind and address, for logs; without secrets.</summary>
    string Name { get; }

    /// <summary>Connects, with the node's own topic subscribed.</summary>
    /// <param name="node">This node's id.</param>
    /// <param name="receive">Takes each payload that arrives, on any thread; it returns at once and does not throw.</param>
    /// <param name="ct">Cancelled when it takes too long.</param>
    Task<IBrokerSession> ConnectAsync(string node, PayloadReceiver receive, CancellationToken ct);

    /// <summary>A failure as half a sentence for the operator, without secrets.</summary>
    string Explain(Exception e);
}

/// <summary>Takes the bytes of one message; they are the driver's again when it returns.</summary>
internal delegate void PayloadReceiver(ReadOnlySpan<byte> payload);

/// <summary>
/// One connection, until it breaks. Publishing is called by one loop and subscribing by another, so each may run beside the other but not beside itself. What fails
/// throws, and ends the session.
/// </summary>
internal interface IBrokerSession : IAsyncDisposable
{
    /// <summary>Whether announcements of all rooms come without being subscribed to.</summary>
    bool HearsEverything { get; }

    /// <summary>Completes, or fails with the reason, when the connection has broken.</summary>
    Task Closed { get; }

    /// <summary>Sends some 1–256 envelopes; completes when the broker has them or the connection took them.</summary>
    Task PublishAsync(IReadOnlyList<Envelope> envelopes, CancellationToken ct);

    /// <summary>Completes when the subscriptions have taken effect.</summary>
    Task SubscribeAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct);

    Task UnsubscribeAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct);
}
