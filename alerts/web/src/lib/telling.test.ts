import { describe, expect, it } from 'vitest';

import type { LogLine } from './model';
import { ladderStep, todo } from './samples';
import { deed, dueWords, remark } from './telling';
import { en } from './words/en';
import { id } from './words/id';

const NOW = Date.parse('2026-11-22T01:00:20Z');
const line = (action: string, note: string): LogLine => ({ at: '2026-11-22T01:00:00Z', who: 'Siti', action, note });
const said = (action: string, note: string): string => remark(line(action, note), [todo({ id: 'look' })], id, 'id');

describe('what is due', () => {
  it('says who and in how long', () => {
    expect(dueWords(ladderStep({}), NOW, id)).toBe('RT dalam 40 d');
    expect(dueWords(ladderStep({}), NOW, en)).toBe('RT head in 40 s');
    expect(dueWords(ladderStep({ roles: ['rw', 'linmas'], users: ['budi'] }), NOW + 60_000, id)).toBe('RW, Satlinmas, budi sekarang');
    expect(dueWords(ladderStep({ due_at: null }), NOW, id)).toBe('RT, setelah ada yang menerima');
  });
});

describe('the history', () => {
  it('says names of the wire as people say them', () => {
    expect(said('verified', '3: orang di atap')).toBe('Taraf 3: orang di atap');
    expect(said('dispatched', 'polsek')).toBe('Polsek');
    expect(said('handed_over', 'shift: lihat rekaman: dua orang')).toBe('Regu berikutnya: lihat rekaman: dua orang');
    expect(said('regraded', '1: bersenjata')).toBe('Tinggi: bersenjata');
    expect(said('step_done', 'look')).toBe('Lihat gambar');
    expect(said('note', 'sudah aman')).toBe('sudah aman');
  });

  it('says how an incident was closed, and why', () => {
    expect(deed(line('closed', 'false: hewan'), id)).toBe('Ditutup: Palsu');
    expect(said('closed', 'false: hewan')).toBe('hewan');
    expect(said('closed', 'resolved')).toBe('');
  });

  it('keeps what it has no word for', () => {
    expect(deed(line('something', ''), id)).toBe('something');
    expect(said('dispatched', 'Tim SAR: siap')).toBe('Tim SAR: siap');
  });
});
