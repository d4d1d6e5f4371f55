import { describe, expect, it } from 'vitest';

import { id as common } from '../../lib/words/id';
import { words as peopleId } from '../../lib/words/pages/people-id';
import { words } from '../../lib/words/pages/routing-id';
import { compare, lines } from './routing-compare';
import {
  documentOf,
  draftOf,
  freshRule,
  freshStep,
  moved,
  ordered,
  readDocument,
  rulesOf,
  same,
  sound,
  troubleOfStep,
  troublesOf,
  twin,
  writesRules,
} from './routing-document';
import { duration, forWhat, linesOf, type Voice } from './routing-said';
import type { Document } from './routing';

const DOCUMENT: Document = {
  rules: [
    {
      name: 'kebakaran',
      kinds: ['fire'],
      severities: [1],
      area: '33.03.05',
      hours: { start: '22:00', end: '04:00', days: [5, 6] },
      steps: [
        { roles: ['damkar', 'ronda'], until: 'closed' },
        { after_s: 5400, roles: ['polsek'], users: ['siti'], channels: ['telegram'], until: 'on_scene' },
      ],
    },
    { name: 'P1', severities: [1], steps: [{ roles: ['operator'] }] },
    { name: 'P2, P3', steps: [{ roles: ['ronda'] }, { since: 'claimed', after_s: 600, roles: ['operator'], until: 'on_scene' }] },
  ],
};
const voice: Voice = { language: 'id', common, words, channels: peopleId.contacts.channels, place: (code) => (code === '33.03.05' ? 'Kecamatan Purbalingga' : code) };
const [fire, , rest] = rulesOf(DOCUMENT);

describe('a rule', () => {
  it('is said in sentences that a person can read', () => {
    expect(fire && linesOf(fire, false, voice)).toEqual([
      'Kebakaran, bertingkat Tinggi, di Kecamatan Purbalingga, Sabtu, Minggu, pukul 22.00 sampai 04.00 WIB (hari berikutnya).',
      'Seketika: Damkar dan Ronda diberi tahu, kecuali kejadian sudah ditutup.',
      'Setelah 1 jam 30 menit: Polsek dan siti diberi tahu hanya lewat Telegram, kecuali sudah ada petugas di lokasi.',
    ]);
  });

  it('that fits everything says so, the last one beside those above it', () => {
    expect(rest && forWhat(rest, true, voice)).toBe('Semua kejadian yang tidak cocok dengan aturan di atas.');
    expect(rest && forWhat(rest, false, voice)).toBe('Semua kejadian.');
    expect(rest && linesOf(rest, true, voice)[2]).toBe('10 menit setelah diterima: Operator diberi tahu, kecuali sudah ada petugas di lokasi.');
  });

  it('says times in whole units', () => {
    expect([0, 45, 60, 3661].map((seconds) => duration(seconds, voice))).toEqual(['seketika', '45 detik', '1 menit', '1 jam 1 menit 1 detik']);
  });
});

describe('a document', () => {
  it('comes back from its forms as it was', () => {
    expect(documentOf(draftOf(DOCUMENT))).toEqual(DOCUMENT);
    expect(same(DOCUMENT, documentOf(draftOf(DOCUMENT)))).toBe(true);
  });

  it('puts steps in the order of their times, those after the claim last', () => {
    const steps = [{ ...freshStep(), since: 'claimed' as const }, { ...freshStep(), after_s: 60 }, freshStep()];
    expect(ordered(steps).map(({ since, after_s }) => [since, after_s])).toEqual([['opened', 0], ['opened', 60], ['claimed', 0]]);
  });

  it('of a file is taken, or said where it is strange', () => {
    expect(readDocument(JSON.stringify(DOCUMENT))).toEqual({ document: DOCUMENT });
    expect(readDocument('{"rules":')).toEqual({ strange: '' });
    expect(readDocument('[]')).toEqual({ strange: 'document' });
    expect(readDocument('{"rules":[{"name":"x"}]}')).toEqual({ strange: 'rules[1].steps' });
    expect(readDocument('{"rules":[{"name":"x","steps":[{"rols":["rt"]}]}]}')).toEqual({ strange: 'rules[1].steps[1].rols' });
    expect(readDocument('{"rules":[{"name":"x","steps":[{"roles":["lurah"]}]}]}')).toEqual({ strange: 'rules[1].steps[1].roles' });
    expect(readDocument('{"rules":[{"name":"x","steps":[],"hours":{"start":"22:00"}}]}')).toEqual({ strange: 'rules[1].hours.end' });
    expect(readDocument('{"rules":[{"name":"x","steps":[],"levels":[7]}]}')).toEqual({ strange: 'rules[1].levels' });
  });

  it('is written by administrators of a regency or more', () => {
    const user = { name: 'dewi', display_name: 'Dewi', role: 'admin' as const, area: '33.03', area_name: '', must_set_password: false };
    expect([user, { ...user, area: '33' }, { ...user, area: '33.03.05' }, { ...user, role: 'operator' as const }].map(writesRules)).toEqual([true, true, false, false]);
  });
});

describe('what is wrong with a draft', () => {
  it('is said of each rule', () => {
    const rules = draftOf(DOCUMENT);
    expect(sound(rules)).toBe(true);
    expect(troublesOf([...rules, freshRule()], 3)).toEqual(['unnamed']);
    expect(troublesOf([rules[2] ?? freshRule(), rules[0] ?? freshRule()], 1)).toEqual(['notLast']);
    const [first = freshRule(), ...others] = rules;
    expect(troublesOf([first, twin(first, 'kebakaran'), ...others], 0)).toEqual(['twice']);
    expect(troublesOf([{ ...first, steps: [], hours: { start: '', end: '04:00', days: [] } }, ...others], 0)).toEqual(['stepless', 'hours']);
    expect(sound([])).toBe(false);
  });

  it('is said of each step', () => {
    const step = { ...freshStep(), roles: ['rt' as const] };
    expect(troubleOfStep(step)).toBeNull();
    expect(troubleOfStep(freshStep())).toBe('nobody');
    expect(troubleOfStep({ ...step, after_s: Number.NaN })).toBe('wait');
    expect(troubleOfStep({ ...step, after_s: 86_401 })).toBe('wait');
    expect(troubleOfStep({ ...step, since: 'claimed' })).toBe('never');
  });
});

describe('two versions', () => {
  const rules = rulesOf(DOCUMENT);

  it('differ in nothing, or in what was changed and renamed', () => {
    expect(compare(rules, rulesOf(DOCUMENT))).toEqual([]);
    const [first, second, third] = rulesOf(DOCUMENT);
    if (!first || !second || !third) throw new Error('three rules');
    const after = [{ ...first, severities: [] }, { ...second, name: 'P1 baru' }, third];
    expect(compare(rules, after).map(({ change, name }) => [change, name])).toEqual([
      ['changed', 'kebakaran'],
      ['renamed', 'P1 baru'],
    ]);
  });

  it('name what is new and what is gone', () => {
    const [first, second, third] = rulesOf(DOCUMENT);
    if (!first || !second || !third) throw new Error('three rules');
    const after = [first, { ...second, name: 'P1 baru', levels: [3 as const] }, third];
    expect(compare(rules, after).map(({ change, name }) => [change, name])).toEqual([
      ['added', 'P1 baru'],
      ['removed', 'P1'],
    ]);
  });

  it('name the one rule that was moved, and not those that made room for it', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const of = (order: readonly string[]) => order.map((name) => ({ ...(rest ?? freshRule()), name }));
    expect(compare(of(names), of(moved(names, 0, 3))).map(({ change, name }) => [change, name])).toEqual([['moved', 'a']]);
    expect(moved(names, 4, 0)).toEqual(['e', 'a', 'b', 'c', 'd']);
  });

  it('show lines that are gone where new ones begin', () => {
    expect(lines(['a', 'b'], ['a', 'c']).map(({ text, sort }) => `${sort} ${text}`)).toEqual(['kept a', 'gone b', 'new c']);
    expect(lines(['a', 'b'], ['a']).map(({ text, sort }) => `${sort} ${text}`)).toEqual(['kept a', 'gone b']);
  });
});
