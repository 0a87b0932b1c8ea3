import { expect, test } from 'vitest';
import { Climb } from '../../src/climb.js';
import type { Opening } from '../../src/opening.js';
import { FakeClock, settled } from '../kit/fakeClock.js';

test('a probe whose token comes too late is not begun', async () => {
  const time = new FakeClock();
  const begun: string[] = [];
  let ready!: (opening: Opening) => void;
  const nothing = (): void => undefined;
  const climb = new Climb({
    clock: time.clock,
    prepare: () => new Promise((resolve) => (ready = resolve)),
    frame: nothing,
    lost: nothing,
    tokenExpiring: nothing,
    arrived: nothing,
  });
  climb.start(['websocket'], false);
  await time.advance(30_000);
  climb.stop();
  ready({ begin: () => void begun.push('begun'), abandon: nothing } as unknown as Opening);
  await settled();
  expect(begun).toEqual([]);
  expect(climb.trial).toBeUndefined();
  expect(time.timers).toBe(0);
});
