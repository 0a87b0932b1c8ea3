import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * The network between a client and any server, with the faults that real ones have. Switches take effect for what comes next;
 * `cut` ends what there is.
 */
export class FaultyProxy {
  /** Nobody gets through. */
  offline = false;
  /** What happens to a WebSocket handshake: `refuse` answers 400 as many proxies do, `swallow` never answers. */
  upgrades: 'pass' | 'refuse' | 'swallow' = 'pass';
  /** `hold`: an event stream is collected and never given out, as by a buffering proxy. */
  streams: 'pass' | 'hold' = 'pass';
  /** This many posts reach the server, and their answers do not come back. */
  dropReplies = 0;
  /** Posts that have gone through to the server. */
  posts = 0;
  readonly #sockets = new Set<Socket>();
  readonly #target: URL;
  readonly #server = createServer((request, response) => this.#forward(request, response));

  constructor(target: string) {
    this.#target = new URL(target);
  }

  async start(): Promise<string> {
    this.#server.on('connection', (socket) => {
      if (this.offline) return socket.destroy();
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
      return undefined;
    });
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#upgrade(request, socket, head));
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  goOffline(): void {
    this.offline = true;
    this.cut();
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    if (this.offline) return void response.destroy();
    const isPost = request.method === 'POST' && (request.url ?? '').endsWith('/messages');
    if (isPost) this.posts += 1;
    const dropped = isPost && this.dropReplies > 0;
    if (dropped) this.dropReplies -= 1;
    const onward = httpRequest(
      this.#target,
      { method: request.method, path: request.url, headers: request.headers, agent: false },
      (answer) => {
        const isStream = answer.headers['content-type']?.startsWith('text/event-stream') ?? false;
        if (dropped) {
          // The server has done its work when its answer is complete; only then is the line cut.
          answer.resume().on('end', () => response.destroy());
          return;
        }
        if (isStream && this.streams === 'hold') return void answer.resume();
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        response.flushHeaders();
        answer.pipe(response);
        answer.on('error', () => response.destroy());
      },
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined);
    if (this.upgrades === 'swallow') return;
    if (this.upgrades === 'refuse')
      return void socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    const onward = connect(Number(this.#target.port), this.#target.hostname, () => {
      const lines = [`${request.method} ${request.url} HTTP/1.1`];
      for (let index = 0; index < request.rawHeaders.length; index += 2)
        lines.push(`${request.rawHeaders[index]}: ${request.rawHeaders[index + 1]}`);
      onward.write(`${lines.join('\r\n')}\r\n\r\n`);
      onward.write(head);
      onward.pipe(socket);
      socket.pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  }
}
