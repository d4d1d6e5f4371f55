import { expect, it } from 'vitest';

import { counted, Uplink, type Counted } from './uplink';

/** Looks two seconds apart, each with what came, what was lost and how long it stood still since the last. */
function looks(...parts: readonly (readonly [received: number, lost: number, frozenS: number])[]): Counted[] {
  let now: Counted = { at: 0, received: 0, lost: 0, frozenS: 0 };
  return [now, ...parts.map(([received, lost, frozenS]) => (now = { at: now.at + 2000, received: now.received + received, lost: now.lost + lost, frozenS: now.frozenS + frozenS }))];
}

const verdicts = (all: readonly Counted[]): boolean[] => {
  const uplink = new Uplink();
  return all.map((one) => uplink.fails(one));
};

it('lets a stream be that loses little', () => {
  expect(verdicts(looks([100, 5, 0], [100, 10, 0], [100, 0, 0.4], [100, 9, 0.9], [0, 0, 0]))).toEqual([false, false, false, false, false, false]);
});

it('gives up one that loses much for six seconds', () => {
  expect(verdicts(looks([80, 20, 0], [80, 20, 0], [80, 20, 0]))).toEqual([false, false, false, true]);
});

it('gives up one that stands still', () => {
  expect(verdicts(looks([10, 0, 1.5], [10, 0, 2], [10, 0, 1.2])).at(-1)).toBe(true);
});

it('forgives one that recovers in between', () => {
  expect(verdicts(looks([80, 20, 0], [80, 20, 0], [100, 0, 0], [80, 20, 0], [80, 20, 0])).some(Boolean)).toBe(false);
});

it('reads what a connection counts, and waits where nothing came yet', () => {
  const entry = { type: 'inbound-rtp', timestamp: 5, packetsReceived: 7, packetsLost: 2 };
  expect(counted(new Map<string, object>([['a', { type: 'codec' }], ['b', entry]]) as unknown as RTCStatsReport)).toEqual({ at: 5, received: 7, lost: 2, frozenS: 0 });
  expect(counted(new Map() as unknown as RTCStatsReport)).toBeUndefined();
});
