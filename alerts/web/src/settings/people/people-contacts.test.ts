import { describe, expect, it } from 'vitest';

import { changeable, choosable, moved, troubles, written } from './people-contacts';

describe('a list of contacts', () => {
  it('names what is empty, misformed or given twice', () => {
    const ways = [
      { channel: 'whatsapp', address: '0812 3456 7890' },
      { channel: 'whatsapp', address: ' 0812 3456 7890 ' },
      { channel: 'mail', address: 'budi' },
      { channel: 'telegram', address: '@ketua_rt' },
      { channel: 'sms', address: '' },
      { channel: 'apprise', address: 'grup-desa' },
    ];
    expect(troubles(ways)).toEqual([null, 'twice', 'form', null, 'empty', null]);
  });

  it('is put into another order one place at a time', () => {
    expect(moved(['a', 'b', 'c'], 1, -1)).toEqual(['b', 'a', 'c']);
    expect(moved(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'b', 'c']);
  });

  it('leaves sirens and applications to administrators, and push to the telephone itself', () => {
    expect(choosable(false)).toEqual(['whatsapp', 'telegram', 'sms', 'mail']);
    expect(choosable(true)).toContain('siren');
    expect(changeable({ channel: 'siren', address: 'pos' }, false)).toBe(false);
    expect(written({ channel: 'web_push', address: '{}' })).toBe(false);
  });
});
