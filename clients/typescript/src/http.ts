import type { Clock } from './clock.js';
import type { Credentials } from './credentials.js';
import { HubbubError } from './errors.js';
import { cancelled, sendWithProgress } from './files.js';
import type { UploadOptions } from './types.js';

/** The longest that a plain request may take. A long poll says its own. */
export const requestTimeoutMs = 15_000;

export interface RequestOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
  /** Without a token: nobody need be known, and no guest is made for it. */
  asNobody?: boolean;
}

/**
 * Requests with the bearer token, a time limit, and the server's refusals as HubbubErrors. A 401 is tried once more if the
 * credentials can give a fresh token; the caller sees only a refusal of the newest one.
 */
export class Http {
  readonly #base: () => string;
  readonly #fetch: typeof fetch;
  readonly #clock: Clock;
  readonly #credentials: Credentials;

  /** @param base The server's address, which may change while it is used. */
  constructor(base: string | (() => string), fetcher: typeof fetch, clock: Clock, credentials: Credentials) {
    this.#base = typeof base === 'string' ? () => base : base;
    this.#fetch = fetcher;
    this.#clock = clock;
    this.#credentials = credentials;
  }

  /** The same for another address. */
  at(base: string): Http {
    return new Http(base, this.#fetch, this.#clock, this.#credentials);
  }

  async json<T>(method: string, path: string, body?: unknown, options: RequestOptions = {}): Promise<T> {
    return this.#within(options, async (signal) => {
      const response = options.asNobody
        ? await send(this.#fetch, this.#base() + path, { method, accept: 'application/json', body, signal })
        : await this.#authorised(method, path, 'application/json', body, signal);
      return (await readJson(response)) as T;
    });
  }

  /** For requests whose answer has nothing in it that we want. */
  async nothing(method: string, path: string, body?: unknown): Promise<void> {
    await this.#within({}, async (signal) => {
      const response = await this.#authorised(method, path, 'application/json', body, signal);
      await response.body?.cancel();
    });
  }

  /** Sends a file, for as long as it takes. */
  async upload<T>(path: string, file: Blob, options: UploadOptions): Promise<T> {
    const { onProgress, signal } = options;
    if (signal?.aborted) throw cancelled();
    const sendOnce = async (token: string): Promise<Response> => {
      if (onProgress === undefined || typeof XMLHttpRequest === 'undefined') {
        const whenever = signal ?? new AbortController().signal;
        const response = await send(this.#fetch, this.#base() + path, { method: 'POST', accept: 'application/json', body: file, token, signal: whenever });
        onProgress?.(file.size, file.size);
        return response;
      }
      const response = await sendWithProgress(this.#base() + path, token, file, onProgress, signal);
      if (!response.ok) throw await refusal(response);
      return response;
    };
    try {
      return (await readJson(await this.#withFreshToken(sendOnce))) as T;
    } catch (thrown) {
      throw signal?.aborted ? cancelled() : thrown;
    }
  }

  /** A stream that lasts until the signal aborts; the time until its first byte is the caller's to limit. */
  stream(path: string, accept: string, signal: AbortSignal): Promise<Response> {
    return this.#authorised('GET', path, accept, undefined, signal);
  }

  async #authorised(method: string, path: string, accept: string, body: unknown, signal: AbortSignal): Promise<Response> {
    return this.#withFreshToken((token) => send(this.#fetch, this.#base() + path, { method, accept, body, token, signal }));
  }

  async #withFreshToken(ask: (token: string) => Promise<Response>): Promise<Response> {
    const token = await this.#credentials.current();
    try {
      return await ask(token);
    } catch (thrown) {
      if (!(thrown instanceof HubbubError) || thrown.status !== 401) throw thrown;
      const fresh = await this.#credentials.fresh(token);
      if (fresh === undefined) throw thrown;
      return await ask(fresh);
    }
  }

  async #within<T>(options: RequestOptions, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return withTimeout(this.#clock, options.timeoutMs ?? requestTimeoutMs, options.signal, act);
  }
}

/** One request. Rejects with a HubbubError for anything but a 2xx answer. */
export async function send(
  fetcher: typeof fetch,
  url: string,
  request: { method: string; accept: string; body?: unknown; token?: string; signal: AbortSignal },
): Promise<Response> {
  const headers: Record<string, string> = { Accept: request.accept };
  if (request.token !== undefined) headers['Authorization'] = `Bearer ${request.token}`;
  const init: RequestInit = { method: request.method, headers, signal: request.signal, cache: 'no-store' };
  if (request.body !== undefined) {
    const isFile = typeof Blob !== 'undefined' && request.body instanceof Blob;
    headers['Content-Type'] = isFile ? 'application/octet-stream' : 'application/json';
    init.body = isFile ? (request.body as Blob) : JSON.stringify(request.body);
  }
  let response: Response;
  try {
    response = await fetcher(url, init);
  } catch (thrown) {
    throw HubbubError.from(thrown);
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

/** A success whose body is not JSON comes from something between us and the server, so asking again may help. */
export async function readJson(response: Response): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (thrown) {
    throw HubbubError.from(thrown);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new HubbubError('bad_answer', 'The answer was not JSON.', { status: response.status, retryable: true });
  }
}

export async function withTimeout<T>(
  clock: Clock,
  milliseconds: number,
  outer: AbortSignal | undefined,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const follow = (): void => abort.abort();
  if (outer?.aborted) follow();
  outer?.addEventListener('abort', follow);
  let late = false;
  const timer = clock.after(milliseconds, () => {
    late = true;
    abort.abort();
  });
  try {
    return await act(abort.signal);
  } catch (thrown) {
    if (late) throw new HubbubError('timeout', `No answer within ${milliseconds} ms.`, { retryable: true });
    throw thrown;
  } finally {
    clock.cancel(timer);
    outer?.removeEventListener('abort', follow);
  }
}

async function refusal(response: Response): Promise<HubbubError> {
  const status = response.status;
  let problem: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(await response.text());
    if (typeof parsed === 'object' && parsed !== null) problem = parsed as Record<string, unknown>;
  } catch {
    // A proxy's page, or a connection cut in the middle: the status alone must do.
  }
  const ours = typeof problem['code'] === 'string';
  const retryable =
    typeof problem['retryable'] === 'boolean'
      ? problem['retryable']
      : status >= 500 || status === 408 || status === 425 || status === 429;
  const retryAfterMs = retryAfterOf(response.headers.get('Retry-After'));
  return new HubbubError(
    ours ? String(problem['code']) : `http_${status}`,
    String(problem['detail'] ?? problem['title'] ?? `HTTP ${status}`),
    {
      status,
      retryable,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  );
}

/** Seconds only: the server never sends the date form, and a wrong clock would make nonsense of it. */
function retryAfterOf(header: string | null): number | undefined {
  if (header === null || !/^\d+(\.\d+)?$/.test(header.trim())) return undefined;
  return believable(Number(header) * 1000);
}

/** A server is believed up to five minutes when it says how long to wait; timers of more than 24 days would fire at once. */
export function believable(milliseconds: number): number {
  return Math.min(Math.max(0, milliseconds), 300_000);
}
