import type { RoomEvent } from 'hubbub-client';

/** Of more people than this it is not remembered until when they are muted. */
const MUTES_MAX = 500;

/**
 * What a room's events say of who may write in it and how often, beside what the server answers about the room: it comes live. Events
 * are taken in the order of the log.
 */
export class Standing {
  /** Undefined where no event has said it: then the room as the server last gave it counts. */
  archived: boolean | undefined;
  slowSeconds: number | undefined;
  /** When this person last said something, milliseconds since 1970 by the times of the log; 0 for never, as far as is known. */
  lastOwnAt = 0;
  /** Grows with every event about somebody's belonging; and with those about one's own. */
  membersChanged = 0;
  ownChanged = 0;
  private readonly mutes = new Map<string, number>();

  take(event: RoomEvent, me: string | undefined): void {
    switch (event.type) {
      case 'message':
        if (event.sender.id === me) this.lastOwnAt = Math.max(this.lastOwnAt, Date.parse(event.sentAt) || 0);
        break;
      case 'room_archived':
      case 'room_unarchived':
        this.archived = event.type === 'room_archived';
        break;
      case 'slow_mode':
        this.slowSeconds = event.seconds;
        break;
      case 'member_muted':
        this.mutes.delete(event.user.id);
        this.mutes.set(event.user.id, Date.parse(event.until) || 0);
        if (this.mutes.size > MUTES_MAX) this.mutes.delete(this.mutes.keys().next().value!);
        break;
      case 'member_unmuted':
        this.mutes.delete(event.user.id);
        break;
      case 'member_joined':
      case 'member_left':
      case 'role_changed':
        this.membersChanged++;
        if (event.user.id === me) this.ownChanged++;
        break;
    }
  }

  /** Until when somebody may not write, as far as is known; undefined if they may. */
  mutedUntil(user: string | undefined, now: number): number | undefined {
    const until = user === undefined ? undefined : this.mutes.get(user);
    return until !== undefined && until > now ? until : undefined;
  }
}
