import { describe, expect, it } from 'vitest';

import { age, moment, wait, wib } from './time';
import { id } from './words/id';

const NOW = Date.parse('2026-11-22T03:00:00Z');

describe('times in WIB', () => {
  it('are seven hours ahead of UTC and written as each language writes them', () => {
    expect(wib('2026-11-22T02:45:12Z', NOW, 'id')).toBe('09.45.12 WIB');
    expect(wib('2026-11-22T02:45:12Z', NOW, 'en')).toBe('09:45:12 WIB');
    expect(moment('2026-11-22T02:45:12Z', NOW, 'id')).toBe('09.45.12');
  });

  it('carry the day when it is not today in Jakarta', () => {
    // 16:59:59 UTC is the last second of 21 November there; one second later it is today.
    expect(wib('2026-11-21T16:59:59Z', NOW, 'id')).toBe('21 Nov 23.59.59 WIB');
    expect(wib('2026-11-21T17:00:00Z', NOW, 'id')).toBe('00.00.00 WIB');
  });
});

describe('ages', () => {
  const since = (seconds: number): string => age(new Date(NOW - seconds * 1000).toISOString(), NOW, id.age);

  it('tick by the second within the hour', () => {
    expect([since(0), since(9), since(125), since(3599)]).toEqual(['0:00', '0:09', '2:05', '59:59']);
  });

  it('grow coarser with time', () => {
    expect([since(3600), since(3 * 3600 + 7 * 60), since(50 * 3600)]).toEqual(['1 j 00 m', '3 j 07 m', '2 hr']);
  });

  it('are never negative when clocks differ', () => {
    expect(since(-30)).toBe('0:00');
  });
});

describe('waits', () => {
  const until = (seconds: number): string => wait(new Date(NOW + seconds * 1000).toISOString(), NOW, id.age);

  it('are rounded up, so that nobody is promised too much', () => {
    expect([until(40), until(59), until(61), until(600), until(3601)]).toEqual(['40 d', '59 d', '2 m', '10 m', '2 j']);
  });

  it('end at nothing', () => {
    expect(until(-5)).toBe('0 d');
  });
});
