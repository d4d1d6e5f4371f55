import { describe, expect, it } from 'vitest';

import { daysOf, periodOf, PERIODS, wrong } from './periods';

// 2026-11-01 00:30 in WIB, which is still October in UTC.
const NOW = Date.parse('2026-10-31T17:30:00Z');

describe('periods', () => {
  it('are days in WIB', () => {
    expect(daysOf('today', NOW)).toEqual({ first: '2026-11-01', last: '2026-11-01' });
    expect(daysOf('week', NOW)).toEqual({ first: '2026-10-26', last: '2026-11-01' });
    expect(daysOf('month', NOW)).toEqual({ first: '2026-11-01', last: '2026-11-01' });
    expect(daysOf('previous', NOW)).toEqual({ first: '2026-10-01', last: '2026-10-31' });
  });

  it('know the month before January', () => {
    expect(daysOf('previous', Date.parse('2027-01-15T00:00:00Z'))).toEqual({ first: '2026-12-01', last: '2026-12-31' });
  });

  it('are known again by their days', () => {
    const midMonth = Date.parse('2026-10-20T05:00:00Z');
    for (const each of PERIODS) expect(periodOf(daysOf(each, midMonth), midMonth)).toBe(each);
    expect(periodOf({ first: '2026-10-02', last: '2026-10-03' }, midMonth)).toBeNull();
  });

  it.each([
    [{ first: '', last: '2026-10-01' }, 'missing'],
    [{ first: '2026-10-02', last: '2026-10-01' }, 'backwards'],
    [{ first: '2020-10-02', last: '2026-10-01' }, 'long'],
    [{ first: '2026-10-01', last: '2026-10-01' }, null],
  ])('that cannot be asked for are told why', (days, why) => {
    expect(wrong(days)).toBe(why);
  });
});
