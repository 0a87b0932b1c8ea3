namespace Hubbub.Client;

/// <summary>A refusal of the server's, or a failure on the way to it.</summary>
/// <param name="code">A code of docs/protocol.md § 8, or <c>network</c>, <c>timeout</c>, <c>bad_answer</c>, <c>http_N</c> of something on the way, <c>outbox_full</c>, <c>closed</c>.</param>
/// <param name="message">A sentence for people.</param>
/// <param name="status">The HTTP status; 0 if there was none.</param>
/// <param name="retryable">Whether the same request may succeed later.</param>
/// <param name="retryAfter">After what time, if the server said.</param>
public sealed class HubbubException(string code, string message, int status = 0, bool retryable = false, TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception(message, inner)
{
    public string Code => code;

    public int Status => status;

    public bool Retryable => retryable;

    public TimeSpan? RetryAfter => retryAfter;

    /// <summary>Whether the server itself said so, rather than something on the way.</summary>
    public bool IsServers => status != 0 && code is not "bad_answer" && !code.StartsWith("http_", StringComparison.Ordinal);
}
