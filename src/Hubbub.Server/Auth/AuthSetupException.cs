namespace Hubbub.Server.Auth;

/// <summary>Keys or origins are configured in a way that the server must not start with. The message is a sentence for the operator.</summary>
public sealed class AuthSetupException(string message, Exception? cause = null) : Exception(message, cause);
