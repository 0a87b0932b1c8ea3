/** Unread is arithmetic on positions (`epoch:sequence`): something is unread if the log's head lies beyond the read mark. */
export interface ReadState {
  /** The log's newest position. */
  position: string;
  /** How far this person has read; null if they never have. */
  readMark: string | null;
  /** Their role, or null: rooms that one is no member of and never opened are quiet. */
  role: string | null;
}

export const sequenceOf = (position: string): number => Number(position.slice(position.lastIndexOf(':') + 1)) || 0;

export const epochOf = (position: string): string => position.slice(0, Math.max(0, position.lastIndexOf(':')));

export function isUnread(room: ReadState): boolean {
  const head = sequenceOf(room.position);
  if (!room.readMark) return room.role !== null && head > 0;
  // A mark from another life of the log says nothing about this one.
  return epochOf(room.readMark) === epochOf(room.position) ? head > sequenceOf(room.readMark) : head > 0;
}

/** The later of two marks of the same log; a mark of the newer log, `mine`, wins over one of another life. */
export function laterMark(mine: string | null, theirs: string | null): string | null {
  if (!mine || !theirs) return mine ?? theirs;
  if (epochOf(mine) !== epochOf(theirs)) return mine;
  return sequenceOf(mine) >= sequenceOf(theirs) ? mine : theirs;
}
