import type { Room } from 'hubbub-client';

export interface Section {
  kind: 'direct' | 'own' | 'public';
  rooms: Room[];
}

/** The list in its sections, each by name; empty ones are left out. One's own are those that one is a member of or has been in. */
export function sectionsOf(rooms: readonly Room[], hasBeenIn: (room: Room) => boolean): Section[] {
  const sections: Section[] = [
    { kind: 'direct', rooms: [] },
    { kind: 'own', rooms: [] },
    { kind: 'public', rooms: [] },
  ];
  for (const room of rooms) {
    sections[room.direct ? 0 : room.role !== null || hasBeenIn(room) ? 1 : 2]!.rooms.push(room);
  }
  for (const section of sections) section.rooms.sort((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1));
  return sections.filter((section) => section.rooms.length > 0);
}
