import { describe, expect, test } from 'vitest';
import { comeBack, serverSpoke } from '../../src/comeBack.js';
import { HubbubError } from '../../src/errors.js';

describe('after a close code', () => {
  test.each([
    [1000, 'backoff'],
    [1001, 'soon'],
    [1006, 'backoff'],
    [1011, 'backoff'],
    [4000, 'soon'],
    [4001, 'soon'],
    [4099, 'soon'],
    [4100, 'after'],
    [4101, 'after'],
    [4199, 'after'],
    [4200, 'backoff'],
    [4400, 'never'],
    [4401, 'withFreshToken'],
    [4403, 'withFreshToken'],
    [4499, 'never'],
    [1002, 'never'],
    [1003, 'never'],
    [1007, 'never'],
    [1008, 'never'],
    [1009, 'never'],
  ])('%i we come back: %s', (code, when) => expect(comeBack({ code }).when).toBe(when));

  test('an overloaded server is given the time that it asks for, or 5 s', () => {
    expect(comeBack({ code: 4100, retryAfterMs: 12_000 })).toEqual({ when: 'after', milliseconds: 12_000 });
    expect(comeBack({ code: 4101 })).toEqual({ when: 'after', milliseconds: 5_000 });
  });

  test('only an unknown user may come back as somebody else', () => {
    expect(comeBack({ code: 4401 })).toMatchObject({ anyUser: true });
    expect(comeBack({ code: 4403 })).toMatchObject({ anyUser: false });
  });
});

describe('after an HTTP refusal', () => {
  const refused = (code: string, more: { status?: number; retryable?: boolean; retryAfterMs?: number }) => ({
    error: new HubbubError(code, code, more),
  });

  test('of the server, in its own words and for good, we stay away', () => {
    expect(comeBack(refused('foreign_origin', { status: 403 })).when).toBe('never');
    expect(comeBack(refused('unauthenticated', { status: 401 })).when).toBe('never');
  });

  test('of a proxy we try on, since another way may be open', () => {
    expect(comeBack(refused('http_405', { status: 405 })).when).toBe('backoff');
    expect(comeBack(refused('bad_answer', { status: 200, retryable: true })).when).toBe('backoff');
    expect(serverSpoke(refused('http_405', { status: 405 }))).toBe(false);
    expect(serverSpoke(refused('bad_answer', { status: 200 }))).toBe(false);
  });

  test('that asks for time we give it', () => {
    const end = refused('overloaded', { status: 503, retryable: true, retryAfterMs: 3_000 });
    expect(comeBack(end)).toEqual({ when: 'after', milliseconds: 3_000 });
    expect(serverSpoke(end)).toBe(true);
  });

  test('a network that fails says nothing about the server', () => {
    const end = { error: HubbubError.from(new TypeError('fetch failed')) };
    expect(comeBack(end).when).toBe('backoff');
    expect(serverSpoke(end)).toBe(false);
  });
});
