import type { Hubbub, Position, Room, RoomEvent } from 'hubbub-client';

/** So many rooms are followed beside the open one: some places of a connection's 128 are left for what is opened. */
export const FOLLOWED_MAX = 100;

/** Follows one's other rooms, so that their messages are heard of at once. What is open follows its room itself. */
export class Watcher {
  private readonly followed = new Map<string, () => void>();
  /** Not to be asked for again: they may not be read. */
  private readonly refused = new Set<string>();
  private open: string | undefined;
  private rooms: readonly Room[] = [];

  constructor(
    private readonly hub: Pick<Hubbub, 'join'>,
    private readonly heard: (event: RoomEvent) => void,
    private readonly read: (roomId: string, position: Position) => void = () => {},
    private readonly hasRead: (room: Room) => boolean = (room) => room.readMark !== null,
  ) {}

  /** Of these rooms those that one is in or has read: at most FOLLOWED_MAX of them. */
  follow(rooms: readonly Room[]): void {
    this.rooms = rooms;
    const wanted = new Set(
      rooms
        .filter((room) => (room.role !== null || this.hasRead(room)) && room.id !== this.open && !this.refused.has(room.id))
        .slice(0, FOLLOWED_MAX)
        .map((room) => room.id),
    );
    for (const [roomId, leave] of this.followed) {
      if (wanted.has(roomId)) continue;
      this.followed.delete(roomId);
      leave();
    }
    for (const roomId of wanted) if (!this.followed.has(roomId)) this.join(roomId);
  }

  /** Leaves this room to whoever opens it, or takes it back. To be told before it is opened and after it is closed. */
  setOpen(roomId: string | undefined): void {
    this.open = roomId;
    if (roomId !== undefined) this.refused.delete(roomId);
    this.follow(this.rooms);
  }

  stop(): void {
    for (const leave of this.followed.values()) leave();
    this.followed.clear();
    this.rooms = [];
  }

  private join(roomId: string): void {
    const subscription = this.hub.join(roomId);
    const forgets = [
      subscription.on('event', (event) => this.heard(event)),
      subscription.on('readMark', (position) => this.read(roomId, position)),
      subscription.on('left', () => {
        this.refused.add(roomId);
        this.followed.delete(roomId);
      }),
    ];
    this.followed.set(roomId, () => {
      for (const forget of forgets) forget();
      subscription.leave();
    });
  }
}
