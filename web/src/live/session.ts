import { browserStorage, Hubbub, type ConnectionState, type HubbubError, type User } from 'hubbub-client';
import { Pulse } from './pulse';
import { RoomList } from './room-list';
import { FIRST_PAGE, RoomView } from './room-view';
import { Toast } from './toast';

/** One person at this page: the connection, the list of rooms, and what they have begun to write in each. */
export class Session {
  readonly hub: Hubbub;
  readonly rooms: RoomList;
  readonly toast = new Toast();
  readonly changes = new Pulse();
  /** Unsent text by room. As many entries as rooms were written in, each at most what a composer takes. */
  readonly drafts = new Map<string, string>();
  /** Why the connection was closed for good. */
  closedBy: HubbubError | undefined;

  /** The browser's word that the network is back, or the person's. */
  private readonly network = new EventTarget();
  private readonly networkIsBack = (): void => void this.network.dispatchEvent(new Event('online'));

  constructor(readonly name: string) {
    this.hub = new Hubbub({ guestName: name, storage: browserStorage(), networkEvents: this.network });
    this.rooms = new RoomList(this.hub.api);
  }

  get state(): ConnectionState {
    return this.hub.state;
  }

  get me(): User | undefined {
    return this.hub.user;
  }

  start(): void {
    this.hub.on('error', (error) => (this.closedBy = error));
    this.hub.on('state', (state) => {
      if (state === 'online') void this.rooms.refresh();
      this.changes.beat();
    });
    addEventListener('online', this.networkIsBack);
    // A refusal for good is told by the state.
    this.hub.connect().catch(() => {});
    this.rooms.start();
  }

  stop(): void {
    removeEventListener('online', this.networkIsBack);
    this.changes.stop();
    this.rooms.stop();
    void this.hub.close();
  }

  open(roomId: string): RoomView {
    const subscription = this.hub.join(roomId, { last: FIRST_PAGE });
    return new RoomView(subscription, () => this.me, (position) => this.rooms.read(roomId, position));
  }

  /** Does not wait for the next attempt to connect. */
  tryNow(): void {
    if (this.state === 'closed') this.hub.connect().catch(() => {});
    else this.networkIsBack();
  }
}
