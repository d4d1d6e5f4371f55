import { describe, expect, it } from 'vitest';

import type { User } from '../../lib/model';
import { standIns, suggested, troubleOf } from './away';
import type { Colleague, OnDuty } from './calls';

/** A Sunday, 23.30 WIB. */
const NOW = Date.parse('2026-11-22T16:30:00Z');
const RT = '33.03.05.1005/RW02/RT04';
const ME = { name: 'budi', display_name: 'Budi', role: 'ronda', area: RT, area_name: 'RT 04' } as User;
const colleague = (name: string, parts: Partial<Colleague> = {}): Colleague => ({
  name,
  display_name: name.toUpperCase(),
  role: 'ronda',
  area: RT,
  ...parts,
});

describe('the times of an absence', () => {
  it('are those of the next turn, over midnight where that is so', () => {
    const night = { day: '2026-11-30', start: '22:00', end: '04:00' };
    expect(suggested(night, NOW)).toEqual({ start: '2026-11-30T22:00', end: '2026-12-01T04:00' });
    expect(suggested({ ...night, start: '18:00', end: '22:00' }, NOW).end).toBe('2026-11-30T22:00');
  });

  it('are until tomorrow morning for who has no turns', () => {
    expect(suggested(undefined, NOW)).toEqual({ start: '2026-11-22T23:30', end: '2026-11-23T06:00' });
  });

  it('must both be there, and end after they begin and after now', () => {
    const when = { start: '2026-11-23T22:00', end: '2026-11-24T04:00' };
    expect(troubleOf(when, NOW)).toBeNull();
    expect(troubleOf({ ...when, end: '' }, NOW)).toBe('missing');
    expect(troubleOf({ start: when.end, end: when.start }, NOW)).toBe('backwards');
    expect(troubleOf({ start: '2026-11-20T22:00', end: '2026-11-21T04:00' }, NOW)).toBe('backwards');
  });
});

describe('who can stand in', () => {
  const group = (parts: Partial<OnDuty>, ...names: string[]): OnDuty => ({
    role: 'rt',
    area: RT,
    area_name: 'RT 04',
    people: names.map((name) => ({ name, display_name: name.toUpperCase(), why: 'on_call' })),
    ...parts,
  });

  it('is who has the same role here, and who is on duty here or around', () => {
    const duty = [group({}, 'slamet'), group({ role: 'bhabinkamtibmas', area: '33.03.05.1005' }, 'aris')];
    expect(standIns(ME, [colleague('agus')], duty).map(({ name }) => name)).toEqual(['agus', 'slamet', 'aris']);
  });

  it('is nobody twice, not oneself, nobody of another place, and no resident', () => {
    const listed = [colleague('budi'), colleague('agus'), colleague('lain', { area: '33.03.05.1005/RW02/RT05' })];
    const duty = [group({ role: 'ronda' }, 'agus'), group({ area: `${RT.slice(0, -5)}/RT05` }, 'jauh')];
    expect(standIns(ME, [...listed, colleague('ani', { role: 'resident' })], duty).map(({ name }) => name)).toEqual(['agus']);
  });
});
