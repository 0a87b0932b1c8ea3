import { Backoff } from './backoff.js';
import { Climb } from './climb.js';
import type { Clock, TimerHandle } from './clock.js';
import { comeBack } from './comeBack.js';
import type { Credentials } from './credentials.js';
import { HubbubError } from './errors.js';
import { Ladder } from './ladder.js';
import type { Failure } from './ladder.js';
import { addressOf, Move } from './move.js';
import { Opening } from './opening.js';
import type { OpeningEvents } from './opening.js';
import type { Link, LinkEnd, LinkHost } from './transports/link.js';
import type { ConnectionState, TransportName, User } from './types.js';
import type { ServerFrame } from './wire.js';

/** A link that has lasted this long was a good one: the next failure is the first again. */
const stableMs = 60_000;
/** The spread of the clients that a stopping or draining server sends away. */
const soonMs = 500;
/** A server that cannot say within this time why it refused a socket is asked by the next attempt. */
const askWhyMs = 1_000;

export interface ConnectionEvents {
  /** `why`: the refusal that closed it; undefined when we did. */
  state(state: ConnectionState, why: HubbubError | undefined): void;
  /** Each time a link is open. The user is undefined only if nobody has said it yet. */
  online(user: User | undefined): void;
  frame(frame: ServerFrame): void;
  error(error: HubbubError): void;
  /** From now on everything goes to this address; undefined: to the usual one. */
  address(base: string | undefined): void;
}

/**
 * Keeps one link open: chooses the transport, comes back when it is lost, climbs to a better one when it can, and goes on elsewhere
 * when the server asks for it. At most one link is in use; others exist only while they are being opened.
 */
export class Connection {
  readonly #host: LinkHost;
  readonly #clock: Clock;
  readonly #credentials: Credentials;
  readonly #events: ConnectionEvents;
  readonly #ladder: Ladder;
  readonly #backoff: Backoff;
  readonly #climb: Climb;
  readonly #move: Move;
  #state: ConnectionState = 'idle';
  #link: Link | undefined;
  #opening: Opening | undefined;
  #timer: TimerHandle | undefined;
  #nextAttemptAt: number | undefined;
  /** The wait is of our own choosing: good news may end it. */
  #waitsByChoice = false;
  #onlineSince = 0;
  /** Fresh tokens that were refused since we were last online. */
  #refusedTokens = 0;
  /** Transports that have worked in this client's life. */
  readonly #proven = new Set<TransportName>();
  /** Raised whenever plans change: an attempt that comes back late finds that it is not wanted any more. */
  #run = 0;

  constructor(host: LinkHost, transports: readonly TransportName[], credentials: Credentials, events: ConnectionEvents) {
    this.#host = host;
    this.#clock = host.clock;
    this.#credentials = credentials;
    this.#events = events;
    this.#ladder = new Ladder(transports);
    this.#backoff = new Backoff(host.clock);
    this.#climb = new Climb({
      clock: host.clock,
      prepare: async (transport, on) => new Opening(host, transport, await credentials.current(), on),
      frame: (frame) => events.frame(frame),
      lost: (link, end) => this.#lost(link, end),
      tokenExpiring: (link) => void this.#renewToken(link),
      shallMove: (link, url) => this.#shallMove(link, url),
      arrived: (link, user) => this.#opened(link, user),
    });
    this.#move = new Move({
      clock: host.clock,
      prepare: async (transport, base, on) => {
        const there = base === undefined ? host : { ...host, base, http: host.http.at(base) };
        return new Opening(there, transport, await credentials.current(), on);
      },
      on: this.#duringLife(),
      arrived: (link, user, base) => {
        if (base !== undefined) events.address(base);
        this.#opened(link, user);
      },
    });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get transport(): TransportName | undefined {
    return this.#link?.transport;
  }

  get nextAttemptAt(): number | undefined {
    return this.#nextAttemptAt;
  }

  start(): void {
    if (this.#state !== 'idle' && this.#state !== 'closed') return;
    this.#backoff.reset();
    this.#ladder.startOver();
    this.#refusedTokens = 0;
    this.#state = 'connecting';
    this.#attempt();
  }

  stop(error?: HubbubError): void {
    if (this.#state === 'closed') return;
    this.#dropPlans();
    this.#climb.stop();
    this.#move.stop();
    this.#link?.close();
    this.#link = undefined;
    this.#become('closed', error);
  }

  join(roomId: string): void {
    for (const link of this.#links()) link.join(roomId);
  }

  leave(roomId: string): void {
    for (const link of this.#links()) link.leave(roomId);
  }

  /** False where the link in use cannot carry it. */
  typing(roomId: string): boolean {
    return this.#link?.typing(roomId) ?? false;
  }

  /** The browser says that there is a network again. */
  networkIsBack(): void {
    if (this.#state === 'online') {
      this.#link?.check();
      this.#climb.now();
    } else if (this.#state === 'connecting' || this.#state === 'reconnecting') {
      this.#backoff.reset();
      this.#ladder.startOver();
      this.#attempt();
    }
  }

  /** A post has gone through, so there is no point in waiting any longer; unless the server has asked us to. */
  serverAnswered(): void {
    if (this.#timer && this.#waitsByChoice) this.#attempt();
  }

  #links(): Link[] {
    return [this.#link, this.#opening?.link, this.#climb.trial, this.#move.trial].filter((link) => link !== undefined);
  }

  #attempt(): void {
    this.#dropPlans();
    // Taken before the listeners are told: one that closes the client in this moment makes this attempt unwanted.
    const run = this.#run;
    this.#become(this.#state === 'connecting' ? 'connecting' : 'reconnecting');
    void this.#open(run);
  }

  async #open(run: number): Promise<void> {
    let token: string;
    try {
      token = await this.#credentials.current();
    } catch (thrown) {
      if (run === this.#run) this.#noToken(HubbubError.from(thrown));
      return;
    }
    if (run !== this.#run) return;
    const on: OpeningEvents = {
      opened: (link, user) => this.#opened(link, user),
      failed: (link, end, how) => this.#failed(link, end, how),
      ...this.#duringLife(),
    };
    this.#opening = new Opening(this.#host, this.#ladder.transport, token, on);
    this.#opening.begin();
  }

  #duringLife(): Omit<OpeningEvents, 'opened' | 'failed'> {
    return {
      lost: (link, end) => this.#lost(link, end),
      frame: (frame) => this.#events.frame(frame),
      tokenExpiring: (link) => void this.#renewToken(link),
      shallMove: (link, url) => this.#shallMove(link, url),
    };
  }

  /** Asked of a link that is not in use yet, it is asked again when that is the one. */
  #shallMove(link: Link, url: string | undefined): void {
    if (link === this.#link) this.#move.start(link.transport, addressOf(url, this.#host.base));
  }

  #noToken(error: HubbubError): void {
    if (!error.retryable) return this.stop(error);
    this.#events.error(error);
    this.#wait(Math.max(this.#backoff.next(), error.retryAfterMs ?? 0));
  }

  /** Also for a better link beside the one in use: positions make the change safe, so the old one goes at once. */
  #opened(link: Link, user: User | undefined): void {
    const old = this.#link;
    this.#opening = undefined;
    this.#move.stop();
    this.#link = link;
    old?.close();
    if (!old) this.#onlineSince = this.#clock.now();
    this.#refusedTokens = 0;
    this.#ladder.opened(link.transport);
    this.#proven.add(link.transport);
    const above = this.#ladder.above;
    if (above.length === 0) this.#climb.reset();
    this.#climb.start(above, !old && above.some((transport) => this.#proven.has(transport)));
    this.#events.online(user);
    this.#become('online');
  }

  #failed(link: Link, end: LinkEnd, how: Failure): void {
    this.#opening = undefined;
    this.#afterEnd(link, end, () => {
      const step = this.#ladder.failed(how);
      if (step === 'lower') this.#attempt();
      else if (link.transport === 'websocket' && how === 'refused') void this.#askWhy(link);
      else this.#backOff();
    });
  }

  /**
   * A handshake fails without a word to us, whatever the server answered. A plain request is told, and brings a fresh token if
   * it was that; what it is refused with counts as the link's end.
   */
  async #askWhy(link: Link): Promise<void> {
    this.#dropPlans();
    const run = this.#run;
    const end: LinkEnd = {};
    try {
      await this.#host.http.json('GET', '/api/me', undefined, { timeoutMs: askWhyMs });
    } catch (thrown) {
      end.error = HubbubError.from(thrown);
    }
    if (run === this.#run) this.#afterEnd(link, end, () => this.#backOff());
  }

  #lost(link: Link, end: LinkEnd): void {
    this.#link = undefined;
    this.#climb.stop();
    if (this.#clock.now() - this.#onlineSince >= stableMs) this.#backoff.reset();
    const goOn = (): void => {
      this.#move.stop();
      this.#afterEnd(link, end, () => this.#backOff());
    };
    // An end that says something about us is heeded first; otherwise the new link that is on its way is all the more wanted.
    const plan = comeBack(end).when;
    if (plan === 'never' || plan === 'withFreshToken' || !this.#move.mayStillArrive(goOn)) goOn();
  }

  #afterEnd(link: Link, end: LinkEnd, otherwise: () => void): void {
    const plan = comeBack(end);
    switch (plan.when) {
      case 'never':
        return this.stop(plan.error);
      case 'withFreshToken':
        return void this.#withFreshToken(link.token, plan.anyUser, plan.error);
      case 'soon':
        return this.#wait(this.#clock.random() * soonMs);
      case 'after':
        // A fifth more at most, so that those who were sent away together do not return together.
        return this.#wait(plan.milliseconds * (1 + this.#clock.random() / 5));
      case 'backoff':
        return otherwise();
    }
  }

  async #withFreshToken(refused: string, anyUser: boolean, error: HubbubError): Promise<void> {
    this.#dropPlans();
    const run = this.#run;
    if (this.#state === 'online') this.#become('reconnecting');
    this.#refusedTokens += 1;
    // A fresh token that is refused as well will not be liked better the third time.
    if (this.#refusedTokens > 2) return this.stop(error);
    try {
      const fresh = anyUser ? await this.#credentials.fresh(refused) : await this.#credentials.renewed();
      if (run !== this.#run) return;
      if (fresh === undefined || fresh === refused) this.stop(error);
      else this.#attempt();
    } catch (thrown) {
      if (run === this.#run) this.#noToken(HubbubError.from(thrown));
    }
  }

  async #renewToken(link: Link): Promise<void> {
    try {
      const token = await this.#credentials.renewed();
      if (token !== undefined) link.authenticate(token);
    } catch (thrown) {
      // The old token still has some time; when it ends, the server closes and the callback is asked again.
      this.#events.error(HubbubError.from(thrown));
    }
  }

  #backOff(): void {
    // Where the server has sent us nobody answers: the usual address knows where to go.
    this.#events.address(undefined);
    this.#wait(this.#backoff.next());
    this.#waitsByChoice = true;
  }

  #wait(milliseconds: number): void {
    this.#dropPlans();
    this.#nextAttemptAt = this.#clock.now() + milliseconds;
    this.#timer = this.#clock.after(milliseconds, () => this.#attempt());
    this.#become(this.#state === 'connecting' ? 'connecting' : 'reconnecting');
  }

  #dropPlans(): void {
    this.#run += 1;
    this.#clock.cancel(this.#timer);
    this.#timer = undefined;
    this.#waitsByChoice = false;
    this.#nextAttemptAt = undefined;
    this.#opening?.abandon();
    this.#opening = undefined;
  }

  /** Told again when the state is the same, because the time of the next attempt or the transport is another. */
  #become(state: ConnectionState, why?: HubbubError): void {
    this.#state = state;
    this.#events.state(state, why);
  }
}
