import type { OutboxStorage } from './types.js';

export function memoryStorage(): OutboxStorage {
  const values = new Map<string, string>();
  return {
    get: (key) => values.get(key),
    set: (key, value) => void values.set(key, value),
    remove: (key) => void values.delete(key),
  };
}

/** The browser's localStorage; in memory where the browser forbids it (as some do in private windows and frames). */
export function browserStorage(): OutboxStorage {
  let local: Storage;
  try {
    local = globalThis.localStorage;
    const probe = 'hubbub:probe';
    local.setItem(probe, '1');
    local.removeItem(probe);
  } catch {
    return memoryStorage();
  }
  return {
    get: (key) => local.getItem(key),
    set: (key, value) => local.setItem(key, value),
    remove: (key) => local.removeItem(key),
  };
}
