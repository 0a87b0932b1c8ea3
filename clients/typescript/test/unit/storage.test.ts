import { afterEach, expect, test } from 'vitest';
import { browserStorage } from '../../src/storage.js';

function pretend(localStorage: unknown): void {
  Object.defineProperty(globalThis, 'localStorage', {
    configurable: true,
    get: typeof localStorage === 'function' ? (localStorage as () => unknown) : () => localStorage,
  });
}

afterEach(() => void Reflect.deleteProperty(globalThis, 'localStorage'));

test("the browser's storage is used where it works", () => {
  const kept = new Map<string, string>();
  pretend({
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
  const storage = browserStorage();
  storage.set('a', '1');
  expect([storage.get('a'), storage.get('b')]).toEqual(['1', null]);
  storage.remove('a');
  expect([...kept]).toEqual([]);
});

test('memory takes its place where the browser forbids it', () => {
  pretend(() => {
    throw new DOMException('denied', 'SecurityError');
  });
  const storage = browserStorage();
  storage.set('a', '1');
  expect(storage.get('a')).toBe('1');
});
