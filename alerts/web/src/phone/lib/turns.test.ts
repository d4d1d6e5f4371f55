import { describe, expect, it } from 'vitest';

import { nextTurns, type Turn } from './turns';

const shift = (parts: Partial<Turn>): Turn => ({
  days: [0],
  start: '22:00',
  end: '04:00',
  valid_from: null,
  valid_until: null,
  ...parts,
});
/** A Sunday, 23.30 WIB. */
const NOW = Date.parse('2026-11-22T16:30:00Z');

describe('the next turns', () => {
  it('come week after week, in WIB', () => {
    expect(nextTurns([shift({})], NOW, 2)).toEqual([
      { day: '2026-11-23', start: '22:00', end: '04:00' },
      { day: '2026-11-30', start: '22:00', end: '04:00' },
    ]);
  });

  it('leave out what has begun', () => {
    expect(nextTurns([shift({ days: [6] })], NOW, 1)[0]?.day).toBe('2026-11-29');
    expect(nextTurns([shift({ days: [6], start: '23:45' })], NOW, 1)[0]?.day).toBe('2026-11-22');
  });

  it('keep to the days on which a shift is valid', () => {
    expect(nextTurns([shift({ valid_until: '2026-11-24' })], NOW).map(({ day }) => day)).toEqual(['2026-11-23']);
    expect(nextTurns([shift({ valid_from: '2026-11-24' })], NOW, 1)[0]?.day).toBe('2026-11-30');
    expect(nextTurns([], NOW)).toEqual([]);
  });
});
