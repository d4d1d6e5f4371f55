import { describe, expect, it } from 'vitest';

import { freshShift, fromField, overnight, spoken, toField, troubleOf, whole } from './people-shifts';

describe('a turn', () => {
  it('is said by its days, long runs by their ends', () => {
    expect(spoken([0, 1, 2, 3, 4], 'id')).toBe('Senin–Jumat');
    expect(spoken([6, 5], 'id')).toBe('Sabtu, Minggu');
    expect(spoken([0, 2, 3, 4], 'en')).toBe('Monday, Wednesday–Friday');
  });

  it('ends on the next day unless its end is later', () => {
    expect([overnight({ start: '22:00', end: '04:00' }), overnight({ start: '06:00', end: '06:00' }), overnight({ start: '06:00', end: '14:00' })]).toEqual([true, true, false]);
  });

  it('needs a day, times, and dates in order', () => {
    const good = { ...freshShift(), days: [5] };
    expect(troubleOf(good)).toBeNull();
    expect(troubleOf(freshShift())).toBe('days');
    expect(troubleOf({ ...good, end: '' })).toBe('times');
    expect(troubleOf({ ...good, valid_from: '2026-12-02', valid_until: '2026-12-01' })).toBe('backwards');
  });
});

describe('a field of a date and a time', () => {
  it('is WIB wherever the computer stands', () => {
    expect(fromField('2026-11-28T22:30')).toBe('2026-11-28T15:30:00.000Z');
    expect(fromField('2026-11-28T22:30:15')).toBe('2026-11-28T15:30:15.000Z');
    expect(toField('2026-11-28T15:30:00.000Z')).toBe('2026-11-28T22:30');
    expect(fromField('')).toBe('');
  });

  it('is shown with its day', () => {
    expect(whole('2026-11-28T15:30:00.000Z', 'id')).toBe('Sab, 28 Nov 2026, 22.30 WIB');
  });
});
