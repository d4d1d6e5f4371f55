import { describe, expect, it } from 'vitest';

import type { Role, User } from './model';
import { phoneAddress, shellOf } from './shell';

const user = (role: Role): User => ({
  name: role,
  display_name: role,
  role,
  area: '33.03',
  area_name: 'Purbalingga',
  must_set_password: false,
});

describe('who belongs where', () => {
  it.each(['rt', 'rw', 'ronda', 'linmas', 'bhabinkamtibmas'] as const)('shows a %s the telephone unless asked otherwise', (role) => {
    expect(shellOf(user(role), null)).toBe('phone');
    expect(shellOf(user(role), 'console')).toBe('console');
  });

  it.each(['operator', 'admin', 'polsek', 'auditor'] as const)('shows a %s the console unless asked otherwise', (role) => {
    expect(shellOf(user(role), null)).toBe('console');
    expect(shellOf(user(role), 'phone')).toBe('phone');
  });

  it('never shows a resident a console without rows', () => {
    expect(shellOf(user('resident'), 'console')).toBe('phone');
  });

  it('shows an installer the settings who asked for them', () => {
    expect(shellOf(user('installer'), null)).toBe('phone');
    expect(shellOf(user('installer'), 'console')).toBe('console');
  });

  it('takes the incident of a link along', () => {
    expect(phoneAddress('?kejadian=1', '')).toBe('/m?kejadian=1');
    expect(phoneAddress('', '#/kejadian/1')).toBe('/m#/kejadian/1');
  });
});
