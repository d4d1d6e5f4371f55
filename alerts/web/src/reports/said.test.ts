import { describe, expect, it } from 'vitest';

import { duration, number, percent, range } from './said';

const WORDS = { second: 'dtk', minute: 'mnt', hour: 'jam', day: 'hari' };

describe('figures', () => {
  it('are written as people here write them', () => {
    expect(number(1234.56, 'id', 1)).toBe('1.234,6');
    expect(number(1234.56, 'en', 1)).toBe('1,234.6');
    expect(percent(0.6251, 'id')).toBe('63 %');
    expect(percent(null, 'id')).toBe('–');
  });

  it.each([
    [8.4, '8 dtk'],
    [250, '4 mnt 10 dtk'],
    [7500, '2 jam 5 mnt'],
    [273_600, '3 hari 4 jam'],
    [3600, '1 jam'],
    [null, '–'],
  ])('of time are said shortly: %s', (seconds, said) => {
    expect(duration(seconds, WORDS)).toBe(said);
  });

  it('of days name them once', () => {
    expect(range('2026-10-31', '2026-10-31', 'id')).toBe('31 Oktober 2026');
    expect(range('2026-10-01', '2026-10-31', 'id')).toMatch(/^1\s?–\s?31 Oktober 2026$/u);
  });
});
