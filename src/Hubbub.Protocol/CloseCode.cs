namespace Hubbub.Protocol;

/// <summary>
/// WebSocket close codes (RFC 6455 § 7.4 and our own). The range says whether to come back: 4000–4099 at once, 4100–4199 later,
/// 4400–4499 not with the same credentials.
/// </summary>
public enum CloseCode : ushort
{
    Normal = 1000,
    GoingAway = 1001,
    ProtocolError = 1002,
    UnsupportedData = 1003,
    InvalidText = 1007,
    PolicyViolation = 1008,
    TooBig = 1009,
    InternalError = 1011,
    Reconnect = 4000,
    SlowConsumer = 4001,
    Overloaded = 4100,
    RateLimited = 4101,
    NotHubbub = 4400,
    Unauthenticated = 4401,
    Forbidden = 4403,
}
