import type { EventCommon, RoomEvent } from 'hubbub-client';

/** The events of a room's log that the page makes something of. Fields that do not apply are absent. */
export type LogEvent =
  | Exclude<RoomEvent, { type: 'message' | 'message_edited' }>
  | (EventCommon &
      (
        | { type: 'message'; message: string; key?: string; replyTo?: string; thread?: string; mentions?: string[]; deleted?: boolean }
        | { type: 'message_edited'; messageId: string; message: string; mentions?: string[]; deleted?: boolean }
        | { type: 'reaction_added' | 'reaction_removed'; messageId: string; emoji: string }
        | { type: 'message_pinned' | 'message_unpinned'; messageId: string }
        | { type: 'room_topic'; topic: string }
        | { type: 'room_archived' | 'room_unarchived' }
        | { type: 'slow_mode'; seconds: number }
        | { type: 'role_changed'; user: { id: string; name: string }; role: 'reader' | 'member' | 'moderator' | 'owner' }
        | { type: 'member_muted' | 'member_unmuted'; user: { id: string; name: string } }
      ));
