import type { Item, Message } from './conversation';

/** The messages behind this sequence, oldest first. Looks only at the end of the list. */
export function messagesAfter(items: readonly Item[], sequence: number): Message[] {
  const found: Message[] = [];
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i]!;
    if (item.sequence <= sequence) break;
    if (item.kind === 'message') found.unshift(item);
  }
  return found;
}

/** One's own last message that can still be edited. */
export function lastOwnMessage(items: readonly Item[], myId: string | undefined): Message | undefined {
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i]!;
    if (item.kind === 'message' && item.sender.id === myId && !item.deleted) return item;
  }
  return undefined;
}
