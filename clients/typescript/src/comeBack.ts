import { HubbubError } from './errors.js';
import type { LinkEnd } from './transports/link.js';

/** Whether and when to come back after a link has ended: the protocol's § 5, close codes, and § 8 for what came over HTTP. */
export type ComeBack =
  | { when: 'backoff' }
  /** At once, but not all clients in the same moment. */
  | { when: 'soon' }
  | { when: 'after'; milliseconds: number }
  /** Only with another token; `anyUser`: also as a new guest. */
  | { when: 'withFreshToken'; anyUser: boolean; error: HubbubError }
  | { when: 'never'; error: HubbubError };

/** Waits when a server that asks for it does not say how long. */
const defaultRetryAfterMs = 5_000;
const onlyRepaired: ReadonlySet<number> = new Set([1002, 1003, 1007, 1008, 1009]);

export function comeBack(end: LinkEnd): ComeBack {
  if (end.error) return afterRefusal(end.error);
  const code = end.code ?? 1006;
  if (code === 1001 || inRange(code, 4000)) return { when: 'soon' };
  if (inRange(code, 4100)) return { when: 'after', milliseconds: end.retryAfterMs ?? defaultRetryAfterMs };
  if (code === 4401) return { when: 'withFreshToken', anyUser: true, error: closedBy('unauthenticated', end) };
  if (code === 4403) return { when: 'withFreshToken', anyUser: false, error: closedBy('forbidden', end) };
  if (inRange(code, 4400) || onlyRepaired.has(code)) return { when: 'never', error: closedBy('protocol', end) };
  return end.retryAfterMs === undefined ? { when: 'backoff' } : { when: 'after', milliseconds: end.retryAfterMs };
}

/** Whether the server itself ended it, rather than something on the way. */
export function serverSpoke(end: LinkEnd): boolean {
  if (end.code !== undefined) return end.code === 1001 || end.code === 1011 || end.code >= 4000;
  const status = end.error?.status;
  // 502 to 504 without our problem details are a proxy's, whose server is away: that, too, is no fault of the transport.
  return status !== undefined && (status >= 500 || status === 429 || isOurs(end.error));
}

function afterRefusal(error: HubbubError): ComeBack {
  if (error.retryAfterMs !== undefined && error.retryable) return { when: 'after', milliseconds: error.retryAfterMs };
  // A refusal that is not in our words comes from something on the way, and another transport may get past it. A 401 has been
  // tried again with a fresh token before it came here.
  const final = !error.retryable && (isOurs(error) || error.status === 401);
  return final ? { when: 'never', error } : { when: 'backoff' };
}

function isOurs(error: HubbubError | undefined): boolean {
  return error?.status !== undefined && !error.code.startsWith('http_') && error.code !== 'bad_answer';
}

function inRange(code: number, from: number): boolean {
  return code >= from && code < from + 100;
}

function closedBy(code: string, end: LinkEnd): HubbubError {
  return new HubbubError(code, end.reason || `The server closed the connection with ${end.code}.`);
}
