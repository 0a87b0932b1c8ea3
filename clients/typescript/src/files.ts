import { HubbubError } from './errors.js';

/** What a browser may show; anything else is given to people as bytes to keep. */
const pictures: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif']);

/** An upload that has not moved for so long is given up. */
const stallMs = 60_000;

export async function asInert(response: Response): Promise<Blob> {
  const said = (response.headers.get('Content-Type') ?? '').split(';')[0]?.trim() ?? '';
  const type = pictures.has(said) ? said : 'application/octet-stream';
  try {
    return new Blob([await response.arrayBuffer()], { type });
  } catch (thrown) {
    throw HubbubError.from(thrown);
  }
}

/** Sends a file where the platform tells how far it is, which `fetch` does not. The answer is as `fetch` would give it. */
export function sendWithProgress(
  url: string,
  token: string | undefined,
  file: Blob,
  onProgress: (sent: number, total: number) => void,
  signal: AbortSignal | undefined,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let stalled: ReturnType<typeof setTimeout> | undefined;
    const moved = (): void => {
      clearTimeout(stalled);
      stalled = setTimeout(() => fail(new HubbubError('timeout', `Nothing has moved for ${stallMs} ms.`, { retryable: true })), stallMs);
    };
    const cancel = (): void => fail(cancelled());
    const done = (): void => {
      clearTimeout(stalled);
      signal?.removeEventListener('abort', cancel);
    };
    const fail = (error: HubbubError): void => {
      done();
      reject(error);
      request.abort();
    };
    request.upload.onprogress = (event): void => {
      moved();
      onProgress(event.loaded, event.total);
    };
    request.onload = (): void => {
      done();
      const headers = new Headers();
      const retryAfter = request.getResponseHeader('Retry-After');
      if (retryAfter !== null) headers.set('Retry-After', retryAfter);
      resolve(new Response(request.responseText, { status: request.status, headers }));
    };
    request.onerror = (): void => fail(new HubbubError('network', 'The upload broke off.', { retryable: true }));
    request.open('POST', url);
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    if (token !== undefined) request.setRequestHeader('Authorization', `Bearer ${token}`);
    signal?.addEventListener('abort', cancel);
    moved();
    request.send(file);
  });
}

export function cancelled(): HubbubError {
  return new HubbubError('cancelled', 'The upload was cancelled.');
}
