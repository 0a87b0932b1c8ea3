namespace Hubbub.Load.Wire;

/// <summary>The peer sent bytes that its protocol forbids; the connection that carried them cannot go on.</summary>
internal sealed class WireFault(string message) : Exception(message);
