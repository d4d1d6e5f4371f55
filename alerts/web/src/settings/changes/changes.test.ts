import { describe, expect, it } from 'vitest';

import { id as common } from '../../lib/words/id';
import { words as own } from '../../lib/words/pages/changes-id';
import { words as peopleId } from '../../lib/words/pages/people-id';
import { words } from '../../lib/words/pages/routing-id';
import { deedOf, differences, isLink, type Change } from './changes';
import { placeName } from './changes-places';
import { pathSaid, valueSaid, whichSaid, type Teller } from './changes-said';

const teller: Teller = { language: 'id', common, words, own, channels: peopleId.contacts.channels, place: (code) => `@${code}` };
const said = (before: unknown, after: unknown): string[] =>
  differences(before, after).map((one) => `${pathSaid(one.path, teller)}: ${valueSaid(one.before, one.path, teller)} > ${valueSaid(one.after, one.path, teller)}`);

const change: Change = { id: 1, at: '', user: 'dewi', area: '33.03', what: 'person', which: 'budi', before: null, after: { role: 'rt' } };

describe('a change', () => {
  it('shows only what differs, in words', () => {
    const before = { name: 'budi', role: 'ronda', area: '33.03.05', language: 'id', contacts: [{ channel: 'sms', address: '0812' }] };
    const after = { ...before, role: 'rt', contacts: [{ channel: 'telegram', address: '0812' }, { channel: 'mail', address: 'b@x.id' }] };
    expect(said(before, after)).toEqual([
      'Peran: Ronda > RT',
      'Kontak 1, Saluran: SMS > Telegram',
      'Kontak 2, Saluran: – > Surel',
      'Kontak 2, Alamat: – > b@x.id',
    ]);
  });

  it('says lists, switches, moments, areas and kinds as people do', () => {
    expect(said(null, { days: [0, 6], wants_camera: true, until: '2026-11-28T15:30:00.000Z', area: '33.03', kind: 'fire', reason: '' })).toEqual([
      'Hari: – > Senin dan Minggu',
      'Wajib berkamera: – > ya',
      'Sampai: – > Sab, 28 Nov 2026, 22.30 WIB',
      'Wilayah: – > @33.03',
      'Jenis: – > Kebakaran',
    ]);
  });

  it('tells tables of a list apart by their names', () => {
    const rule = (name: string, seconds: number) => ({ name, seconds });
    expect(said({ rules: [rule('pagar', 2), rule('halaman', 9)] }, { rules: [rule('halaman', 5)] })).toEqual([
      'Aturan, halaman, Detik: 9 > 5',
      'Aturan, pagar, Nama: pagar > –',
      'Aturan, pagar, Detik: 2 > –',
    ]);
  });

  it('may be of one value, or of one that nobody has named', () => {
    expect(said('a', 'b')).toEqual(['Nilai: a > b']);
    expect(said({ warna: 1.5 }, { warna: 2 })).toEqual(['warna: 1,5 > 2']);
  });

  it('adds, changes, ends, or is merely done', () => {
    expect(deedOf(change)).toBe('added');
    expect(deedOf({ ...change, before: { role: 'rw' } })).toBe('changed');
    expect(deedOf({ ...change, before: {}, after: null })).toBe('ended');
    expect(deedOf({ ...change, what: 'live' })).toBe('done');
    expect([isLink(change), isLink({ ...change, after: { link_made_at: '' } })]).toEqual([false, true]);
  });

  it('names its thing by what people know of it', () => {
    expect(whichSaid(change, teller)).toBe('budi');
    expect(whichSaid({ ...change, what: 'hook', which: '0-1', after: { name: 'BPBD' } }, teller)).toBe('BPBD');
    expect(whichSaid({ ...change, what: 'routing', which: '4' }, teller)).toBe('Versi 4');
    expect(whichSaid({ ...change, what: 'area', which: '33.03.05' }, teller)).toBe('@33.03.05');
  });
});

describe('a place', () => {
  it('has its name as far as it is known', () => {
    const bancar = { code: '33.03.05.1005', name: 'Bancar', parent: '33.03.05' };
    const known = new Map([[bancar.code, bancar]]);
    expect(placeName('33.03.05.1005/RW02/RT04', known)).toBe('RT 04 / RW 02 · Bancar');
    expect(placeName('33.04', known)).toBe('33.04');
  });
});
