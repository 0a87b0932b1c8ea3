using Hubbub.ConformanceTests.Transports.Readers;

namespace Hubbub.ConformanceTests.Transports;

// One scenario list, five ways of reading.
public sealed class WebSocketReadingTests : ReadingContract
{
    private protected override Transport Transport => Transport.WebSocket;
}

public sealed class ServerSentEventReadingTests : ReadingContract
{
    private protected override Transport Transport => Transport.ServerSentEvents;
}

public sealed class LineReadingTests : ReadingContract
{
    private protected override Transport Transport => Transport.Lines;
}

public sealed class LongPollReadingTests : ReadingContract
{
    private protected override Transport Transport => Transport.LongPoll;
}

public sealed class PlainGetReadingTests : ReadingContract
{
    private protected override Transport Transport => Transport.PlainGet;
}
