import { describe, expect, it } from 'vitest';

import { arrange, byPlace, isWaiting, merge, neighbour, openedWithinHour, ordered, timeLeft, type Incidents } from './queue';
import type { Incident } from './model';
import { incident } from './samples';

const at = (clock: string): string => `2026-11-22T${clock}Z`;
const board = (...all: Parameters<typeof incident>[0][]): Incidents => merge(new Map(), all.map(incident));
const ids = (all: { id: string }[]): string[] => all.map((one) => one.id);

describe('the queue', () => {
  it('puts the gravest first and, among equals, the newest', () => {
    const incidents = board(
      { id: 'old-low', severity: 3, opened_at: at('01:00:00') },
      { id: 'old-high', severity: 1, opened_at: at('01:00:00') },
      { id: 'new-low', severity: 3, opened_at: at('02:00:00') },
      { id: 'new-high', severity: 1, opened_at: at('02:00:00') },
    );
    expect(ids(ordered(incidents, 'open'))).toEqual(['new-high', 'old-high', 'new-low', 'old-low']);
  });

  it('holds its order when an incident is taken', () => {
    const before = board({ id: 'a', opened_at: at('02:00:00') }, { id: 'b', opened_at: at('01:00:00') });
    const after = merge(before, [
      incident({ id: 'b', opened_at: at('01:00:00'), updated_at: at('03:00:00'), claimant: 'siti' }),
    ]);
    expect(ids(ordered(after, 'open'))).toEqual(['a', 'b']);
  });

  it('moves a closed incident to the other tab, the last closed first', () => {
    const incidents = board(
      { id: 'open' },
      { id: 'closed-early', state: 'closed', closed_at: at('01:00:00') },
      { id: 'closed-late', state: 'closed', closed_at: at('02:00:00') },
    );
    expect(ids(ordered(incidents, 'open'))).toEqual(['open']);
    expect(ids(ordered(incidents, 'closed'))).toEqual(['closed-late', 'closed-early']);
  });
});

describe('an incident waits', () => {
  it('until somebody has it or has looked at it', () => {
    expect(isWaiting(incident({ id: 'a' }))).toBe(true);
    expect(isWaiting(incident({ id: 'a', claimant: 'siti' }))).toBe(false);
    expect(isWaiting(incident({ id: 'a', state: 'verified' }))).toBe(false);
  });
});

describe('merging what the feed says', () => {
  it('takes a newer state and keeps the map it was given as it was', () => {
    const before = board({ id: 'a', updated_at: at('01:00:00') });
    const after = merge(before, [incident({ id: 'a', updated_at: at('01:00:01'), event_count: 9 })]);
    expect(after.get('a')?.event_count).toBe(9);
    expect(before.get('a')?.event_count).toBe(1);
  });

  it('ignores a replayed older state', () => {
    const now = board({ id: 'a', updated_at: at('02:00:00'), state: 'closed' });
    expect(merge(now, [incident({ id: 'a', updated_at: at('01:00:00'), state: 'new' })])).toBe(now);
  });

  it('compares times, not their spelling', () => {
    const now = board({ id: 'a', updated_at: '2026-11-22T01:00:00.500000Z', event_count: 2 });
    expect(merge(now, [incident({ id: 'a', updated_at: '2026-11-22T01:00:00Z', event_count: 1 })])).toBe(now);
  });
});

describe('rows under a pointer', () => {
  it('stay where they are, and what is new waits', () => {
    expect(arrange(['a', 'b'], ['new', 'b', 'a'], true)).toEqual(['a', 'b']);
  });

  it('follow the order as soon as nobody aims at them', () => {
    expect(arrange(['a', 'b'], ['new', 'b', 'a'], false)).toEqual(['new', 'b', 'a']);
  });

  it('do not keep an empty list empty', () => {
    expect(arrange([], ['new'], true)).toEqual(['new']);
  });
});

describe('moving along the queue', () => {
  const rows = ['a', 'b', 'c'];

  it('goes to the neighbour and stops at the ends', () => {
    expect(neighbour(rows, 'a', 1)).toBe('b');
    expect(neighbour(rows, 'c', 1)).toBe('c');
    expect(neighbour(rows, 'a', -1)).toBe('a');
  });

  it('starts at the top when nothing is chosen', () => {
    expect(neighbour(rows, null, 1)).toBe('a');
  });

  it('goes on from where a row that is gone used to be', () => {
    expect(neighbour(rows, 'gone', 1, 1)).toBe('b');
    expect(neighbour(rows, 'gone', -1, 1)).toBe('a');
    expect(neighbour(rows, 'gone', 1, 3)).toBe('c');
  });

  it('finds nothing in an empty queue', () => {
    expect(neighbour([], 'a', 1)).toBeNull();
  });
});

describe('figures of the desk', () => {
  it('counts open and closed incidents of the last hour', () => {
    const incidents = board(
      { id: 'a', opened_at: at('09:30:00') },
      { id: 'b', opened_at: at('09:59:00'), state: 'closed' },
      { id: 'c', opened_at: at('08:59:00') },
    );
    expect(openedWithinHour(incidents, Date.parse(at('10:00:00')))).toBe(2);
  });

  it('empties the ring over the target time of the severity and never below nothing', () => {
    const one = incident({ id: 'a', severity: 1, opened_at: at('10:00:00') });
    expect(timeLeft(one, Date.parse(at('10:00:15')))).toBe(0.75);
    expect(timeLeft(one, Date.parse(at('10:05:00')))).toBe(0);
    expect(timeLeft(one, Date.parse(at('09:59:00')))).toBe(1);
  });
});

describe('a queue by place', () => {
  it('keeps what happens at one place together, the gravest place first', () => {
    const at = (id: string, area: string, severity: 1 | 2 | 3): Incident =>
      incident({ id, severity, camera: { edge: 'pos', id, name: id, area, area_name: area } });
    const rows = ordered(new Map([at('a', 'RT1', 3), at('b', 'RT2', 1), at('c', 'RT2', 3), at('d', 'RT1', 2)].map((one) => [one.id, one])), 'open');
    expect(byPlace(rows).map(({ id }) => id)).toEqual(['b', 'c', 'd', 'a']);
  });
});
