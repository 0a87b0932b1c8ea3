/**
 * Everything that can go wrong, with a code to decide on. Codes of the server are those of the protocol's § 8; the SDK's own are
 * `network` (no answer), `timeout`, `bad_answer` (not Hubbub's), `closed`, `discarded`, `outbox_full`, `other_user`, `storage`
 * (it would not keep a post), `cancelled` (an upload, by its signal), `token` (the callback failed) and `bad_options`.
 */
export class HubbubError extends Error {
  override readonly name = 'HubbubError';
  readonly code: string;
  /** The HTTP status, if there was an answer. */
  readonly status?: number;
  readonly retryable: boolean;
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs?: number;

  constructor(
    code: string,
    message: string,
    more: { status?: number; retryable?: boolean; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.retryable = more.retryable ?? false;
    if (more.status !== undefined) this.status = more.status;
    if (more.retryAfterMs !== undefined) this.retryAfterMs = more.retryAfterMs;
  }

  /** Any thrown thing as a HubbubError; what is not one already is taken for a failure of the network. */
  static from(thrown: unknown): HubbubError {
    if (thrown instanceof HubbubError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new HubbubError('network', message || 'The network failed.', { retryable: true, cause: thrown });
  }
}
