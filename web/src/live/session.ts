import { browserStorage, Hubbub, type ConnectionState, type HubbubError, type RoomEvent, type User } from 'hubbub-client';
import { otherOf } from '../model/direct';
import { AttachmentsOfDrafts } from './attachments';
import { Drafts } from './drafts';
import type { Identity } from './identity';
import { actsOf } from './message-acts';
import { Notifier } from './notifier';
import { NotifyLevels } from './notify-levels';
import { Pictures } from './pictures';
import { People } from './people';
import { Pulse } from './pulse';
import { RoomList } from './room-list';
import { FIRST_PAGE, RoomView } from './room-view';
import { Tabs } from './tabs';
import { Title } from './title';
import { Toast } from './toast';
import { Watcher } from './watcher';

/** One person at this page: the connection, the list of rooms, what is heard of them, and what they have begun to write in each. */
export class Session {
  readonly hub: Hubbub;
  readonly rooms: RoomList;
  readonly people: People;
  readonly toast = new Toast();
  readonly title = new Title();
  readonly levels = new NotifyLevels();
  readonly changes = new Pulse();
  readonly drafts = new Drafts();
  readonly attachments: AttachmentsOfDrafts;
  readonly pictures: Pictures;
  /** Why the connection was closed for good. */
  closedBy: HubbubError | undefined;
  /** Goes to a room, whatever is on the screen. */
  goTo: (roomId: string) => void = () => {};

  private readonly tabs = new Tabs(location.host);
  private readonly notifier = new Notifier(this.levels, this.tabs);
  private readonly watcher: Watcher;
  private openRoom: string | undefined;
  /** The browser's word that the network is back, or the person's. */
  private readonly network = new EventTarget();
  private readonly keepDrafts = (): void => this.drafts.flush();
  private readonly networkIsBack = (): void => void this.network.dispatchEvent(new Event('online'));

  constructor(readonly identity: Identity) {
    const { name, token } = identity;
    this.hub = new Hubbub({ ...(token ? { token } : { guestName: name }), storage: browserStorage(), networkEvents: this.network });
    this.rooms = new RoomList(this.hub.api);
    this.attachments = new AttachmentsOfDrafts(this.hub.api);
    this.pictures = new Pictures(this.hub.api);
    this.people = new People(this.hub.api);
    this.watcher = new Watcher(
      this.hub,
      (event) => this.hear(event),
      (roomId, position) => this.rooms.read(roomId, position),
      (room) => this.rooms.markOf(room) !== null,
    );
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
    this.rooms.changes.subscribe(() => {
      this.watcher.follow(this.rooms.rooms);
      this.showWaiting();
    });
    this.levels.changes.subscribe(() => {
      this.showWaiting();
      this.rooms.changes.beat();
    });
    addEventListener('online', this.networkIsBack);
    addEventListener('pagehide', this.keepDrafts);
    // A refusal for good is told by the state.
    this.hub.connect().catch(() => {});
    this.rooms.start();
    void this.people.start();
  }

  stop(): void {
    removeEventListener('online', this.networkIsBack);
    removeEventListener('pagehide', this.keepDrafts);
    this.drafts.flush();
    this.changes.stop();
    this.rooms.stop();
    this.people.stop();
    this.watcher.stop();
    this.tabs.stop();
    void this.hub.close();
  }

  /** Opens a room in place of the one that is open. */
  open(roomId: string): RoomView {
    this.openRoom = roomId;
    this.watcher.setOpen(roomId);
    const subscription = this.hub.join(roomId, { last: FIRST_PAGE });
    // What was said before the room was opened is no news.
    let head = Infinity;
    subscription.on('joined', (joined) => (head = Math.min(head, joined.head)));
    subscription.on('event', (event) => {
      if (event.sequence > head) this.hear(event);
    });
    // Read at another of one's devices.
    subscription.on('readMark', (position) => this.rooms.read(roomId, position));
    const mark = this.rooms.known(roomId).then((room) => (room ? this.rooms.markOf(room) : null));
    return new RoomView(subscription, () => this.me, { mark, acts: actsOf(this.hub.api, roomId), onRead: (position) => this.rooms.read(roomId, position) });
  }

  close(view: RoomView): void {
    this.drafts.flush();
    view.close();
    if (this.openRoom !== view.id) return;
    this.openRoom = undefined;
    this.tabs.attend();
    this.watcher.setOpen(undefined);
  }

  /** Somebody looks at the open room, or nobody does. */
  attend(roomId: string | undefined): void {
    this.tabs.attend(roomId);
  }

  /** The node that answers, asked over the network each time; undefined where it has no name. */
  async whichNode(): Promise<string | undefined> {
    return (await this.hub.api.connect()).node ?? undefined;
  }

  /** Does not wait for the next attempt to connect. */
  tryNow(): void {
    if (this.state === 'closed') this.hub.connect().catch(() => {});
    else this.networkIsBack();
  }

  private hear(event: RoomEvent): void {
    this.rooms.hear(event, this.me?.id);
    if (this.people.isBlocked(event.sender.id)) return;
    this.notifier.hear(event, {
      roomName: this.roomNameOf(event.roomId),
      me: this.me?.id,
      open: () => this.goTo(event.roomId),
    });
  }

  /** Empty for a room between two, where the sender's name says it all. */
  private roomNameOf(roomId: string): string {
    const room = this.rooms.find(roomId);
    return otherOf(room, this.me) ? '' : (room?.name ?? roomId);
  }

  private showWaiting(): void {
    let unread = 0;
    let mentions = 0;
    for (const room of this.rooms.rooms) {
      const waiting = this.rooms.waiting(room);
      const level = this.levels.of(room.id);
      // One is no member of every room that is listed; what one never opened does not call.
      if (level === 'none' || (room.role === null && this.rooms.markOf(room) === null)) continue;
      mentions += waiting.mentions;
      if (waiting.isUnread && level === 'all') unread++;
    }
    this.title.showWaiting(unread, mentions);
  }
}
