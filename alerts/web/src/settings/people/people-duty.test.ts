import { expect, it } from 'vitest';

import type { DutyGroup } from './people';
import { around, byArea, emptyBelow, gaps } from './people-duty';

const VILLAGE = '33.03.05.1005';
const group = (role: DutyGroup['role'], area: string): DutyGroup => ({
  role,
  area,
  area_name: area,
  people: [{ name: role, display_name: role, why: 'on_call', stands_in_for: null, channels: [] }],
});

it('goes from an area to the regency', () => {
  expect(around(`${VILLAGE}/RW02`)).toEqual([`${VILLAGE}/RW02`, VILLAGE, '33.03.05', '33.03']);
});

it('names the posts where nobody is on duty', () => {
  const duty = [group('rw', `${VILLAGE}/RW02`), group('polsek', '33.03.05'), group('operator', '33.03'), group('linmas', VILLAGE)];
  expect(gaps(`${VILLAGE}/RW02`, duty).map(({ area, role }) => `${role} ${area}`)).toEqual([
    `bhabinkamtibmas ${VILLAGE}`,
    'polres 33.03',
    'satpolpp 33.03',
    'damkar 33.03',
    'bpbd 33.03',
  ]);
});

it('takes somebody of a larger area for one who holds the post', () => {
  expect(gaps('33.03.05', [group('polsek', '33.03')]).some(({ role }) => role === 'polsek')).toBe(false);
});

it('counts the areas within that nobody holds', () => {
  const inner = [{ code: '33.03.05' }, { code: '33.03.06' }];
  expect(emptyBelow(inner, [group('polsek', '33.03.05')])).toEqual({ role: 'polsek', empty: [{ code: '33.03.06' }], all: 2 });
  expect(emptyBelow([], [])).toBeNull();
});

it('puts the roles of an area together', () => {
  const found = byArea([group('rt', VILLAGE), group('linmas', VILLAGE), group('polsek', '33.03.05')]);
  expect(found.map(({ area, groups }) => [area, groups.length])).toEqual([[VILLAGE, 2], ['33.03.05', 1]]);
});
