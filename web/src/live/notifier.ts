import type { RoomEvent } from 'hubbub-client';
import { wordsOf } from '../model/conversation';
import { plainOf } from '../model/markdown';
import type { NotifyLevels } from './notify-levels';
import { isMention } from './room-list';
import type { Tabs } from './tabs';

const TEXT_MAX = 140;

interface Told {
  roomName: string;
  me: string | undefined;
  open: () => void;
}

/** The browser's notifications: one for a message over all tabs, none of a room that somebody is looking at. */
export class Notifier {
  constructor(
    private readonly levels: NotifyLevels,
    private readonly tabs: Pick<Tabs, 'leads' | 'isAttended'>,
  ) {}

  /** Undefined where the browser has none. */
  static get permission(): NotificationPermission | undefined {
    return typeof Notification === 'undefined' ? undefined : Notification.permission;
  }

  /** A live message of a room. */
  hear(event: RoomEvent, { roomName, me, open }: Told): void {
    if (event.type !== 'message' || event.sender.id === me || Notifier.permission !== 'granted') return;
    if (!this.tabs.leads || this.tabs.isAttended(event.roomId) || !this.levels.allows(event.roomId, isMention(event, me))) return;
    const text = plainOf(wordsOf({ text: event.message, files: event.files ?? [] }));
    const shown = new Notification(roomName ? `${event.sender.name} – ${roomName}` : event.sender.name, {
      body: text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text,
      icon: '/icon.svg',
      // Two leaders for a moment are possible; the browser shows one notification of a tag.
      tag: event.id,
    });
    shown.onclick = () => {
      window.focus();
      open();
      shown.close();
    };
  }
}
