import { describe, expect, it } from 'vitest';

import type { Role, User } from '../../lib/model';
import { administers, contains, isArea, isLogin, levelOf, mayStandIn, parentOf, rolesFor, rosters, suits } from './people-rules';

const VILLAGE = '33.03.05.1005';
const RT = `${VILLAGE}/RW02/RT04`;
const user = (role: Role, area: string): User => ({ name: 'x', display_name: 'X', role, area, area_name: area, must_set_password: false });

describe('an area', () => {
  it('is a code down to an RT', () => {
    expect(['33', '33.03', VILLAGE, RT, `${VILLAGE}/RW102/RT004`].every(isArea)).toBe(true);
    expect(['', '33.3', 'Bancar', `${VILLAGE}/RT04`, `${VILLAGE}/RW2`].some(isArea)).toBe(false);
  });

  it('has a size and a larger one around it', () => {
    expect(['33', '33.03', '33.03.05', VILLAGE, `${VILLAGE}/RW02`, RT].map(levelOf)).toEqual([1, 2, 3, 4, 5, 6]);
    expect([parentOf(RT), parentOf(VILLAGE), parentOf('33')]).toEqual([`${VILLAGE}/RW02`, '33.03.05', '']);
    expect([contains('33.03', RT), contains('33.0', RT), contains(RT, VILLAGE)]).toEqual([true, false, false]);
  });
});

describe('a role', () => {
  it('is offered where the size of the area suits it', () => {
    expect(rolesFor(RT)).toEqual(['resident', 'ronda', 'linmas', 'rt', 'installer', 'operator', 'admin', 'auditor']);
    expect(rolesFor('33.03')).toEqual(['polsek', 'polres', 'satpolpp', 'damkar', 'bpbd', 'installer', 'operator', 'admin', 'auditor']);
  });

  it('may have one level more, and the head of an RT the whole village', () => {
    expect([suits('rt', VILLAGE), suits('rt', '33.03.05'), suits('polsek', '33.03'), suits('polsek', '33')]).toEqual([true, false, true, false]);
  });
});

describe('rights', () => {
  const budi = { name: 'budi', role: 'ronda', area: RT } as const;

  it('to change people belong to the administrators of their area', () => {
    expect([administers(user('admin', '33.03'), budi), administers(user('admin', '33.04'), budi), administers(user('operator', '33.03'), budi)]).toEqual([true, false, false]);
  });

  it('to keep rosters belong to heads, for ronda and Satlinmas', () => {
    expect(rosters(user('rt', RT), budi)).toBe(true);
    expect(rosters(user('rt', RT), { role: 'resident', area: RT })).toBe(false);
    expect(rosters(user('rw', `${VILLAGE}/RW03`), budi)).toBe(false);
    expect(rosters(user('auditor', '33.03'), budi)).toBe(false);
  });

  it('to stand in belong to the same role, or who works on incidents, of an area around', () => {
    const other = (role: Role, area: string, name = 'ani') => mayStandIn(budi, { name, role, area });
    expect([other('ronda', RT), other('rw', `${VILLAGE}/RW02`), other('resident', RT), other('ronda', `${VILLAGE}/RW02/RT05`), other('ronda', RT, 'budi')]).toEqual([true, true, false, false, false]);
  });
});

it('takes the names that the centre takes', () => {
  expect(['budi', 'budi.s@desa', '1'].every(isLogin)).toBe(true);
  expect(['', 'Budi', '-budi', 'bu di', 'x'.repeat(81)].some(isLogin)).toBe(false);
});
