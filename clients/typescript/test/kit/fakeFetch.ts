/** A request as the test sees it. */
export interface Asked {
  method: string;
  origin: string;
  path: string;
  accept: string;
  token: string | undefined;
  body: any;
  signal: AbortSignal;
}

export type Answer = Response | Error | 'never';
type Route = (asked: Asked) => Answer | undefined | Promise<Answer | undefined>;

/** A fetch whose answers the test gives. `never`: the request hangs until it is aborted. */
export class FakeFetch {
  readonly asked: Asked[] = [];
  route: Route = () => undefined;

  readonly fetch = (async (input: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    const url = new URL(input);
    const asked: Asked = {
      method: init.method ?? 'GET',
      origin: url.origin,
      path: url.pathname + url.search,
      accept: headers.get('Accept') ?? '',
      token: headers.get('Authorization')?.replace('Bearer ', ''),
      body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
      signal: init.signal!,
    };
    this.asked.push(asked);
    const answer = (await this.route(asked)) ?? builtIn(asked) ?? problem(404, 'not_found');
    if (answer instanceof Error) throw answer;
    if (answer === 'never') return hang(asked.signal);
    return answer;
  }) as typeof fetch;

  to(start: string): Asked[] {
    return this.asked.filter((asked) => asked.path.startsWith(start));
  }
}

export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });
}

export function problem(status: number, code: string, more: { retryable?: boolean; retryAfter?: number } = {}): Response {
  return new Response(
    JSON.stringify({ type: 'about:blank', title: code, status, detail: code, code, retryable: more.retryable ?? false }),
    {
      status,
      headers: {
        'Content-Type': 'application/problem+json',
        ...(more.retryAfter === undefined ? {} : { 'Retry-After': String(more.retryAfter) }),
      },
    },
  );
}

/** An event stream that the test writes on. */
export function eventStream(signal: AbortSignal): {
  response: Response;
  say(type: string, payload: object): void;
  comment(): void;
  end(): void;
} {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({ start: (made) => void (controller = made) });
  signal.addEventListener('abort', () => {
    try {
      controller.error(new DOMException('aborted', 'AbortError'));
    } catch {
      // It had ended already.
    }
  });
  const write = (text: string): void => controller.enqueue(new TextEncoder().encode(text));
  return {
    response: new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }),
    say: (type, payload) => write(`data: ${JSON.stringify({ type, payload })}\n\n`),
    comment: () => write(': still here\n\n'),
    end: () => controller.close(),
  };
}

function builtIn(asked: Asked): Answer | undefined {
  return asked.path === '/api/me' ? json({ user: { id: 'u-1', name: 'u-1' }, expiresAt: '2100-01-01T00:00:00.000Z' }) : undefined;
}

function hang(signal: AbortSignal): Promise<Response> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(new DOMException('aborted', 'AbortError'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
  });
}
