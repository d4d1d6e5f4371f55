import { describe, expect, it } from 'vitest';

import type { Edge, Role, User } from '../../lib/model';
import { cameraName, found, inOrder, longest, purposesOf, troubleOf, type NewSilence, type Silence } from './silences';

const NOW = Date.parse('2026-11-23T10:00:00Z');
const user = (role: Role): User => ({ name: role, display_name: role, role, area: '33.03', area_name: '', must_set_password: false });
const wedding: NewSilence = {
  purpose: 'silence',
  area: '33.03.05.1005/RW02',
  edge: '',
  camera: '',
  kind: '',
  since: null,
  until: '2026-11-23T20:00:00Z',
  reason: 'hajatan',
};
const edges = [
  { id: 'pos-1', cameras: [{ id: 'gerbang', name: 'Gerbang timur', area: '33.03.05.1005/RW02', area_name: 'RW 02 · Bancar' }, { id: 'parkir', name: '', area: '33.03.05.1005', area_name: 'Bancar' }] },
] as unknown as Edge[];

describe('a silence', () => {
  it('is for heads and who commands, a test for installers and who commands', () => {
    expect((['rt', 'installer', 'operator'] as const).map((role) => purposesOf(user(role)))).toEqual([['silence'], ['test'], ['silence', 'test']]);
  });

  it('lasts a day at most for the head of a neighbourhood, a week for others', () => {
    const long = { ...wedding, until: '2026-11-25T10:00:00Z' };
    expect(troubleOf(long, user('rt'), NOW)).toBe('long');
    expect(troubleOf(long, user('operator'), NOW)).toBeNull();
    expect(troubleOf({ ...long, until: '2026-12-01T10:00:00Z' }, user('operator'), NOW)).toBe('long');
    expect(troubleOf({ ...wedding, until: '2026-11-24T10:00:30Z' }, user('rt'), NOW)).toBeNull(); // typed to the minute
    expect(longest(user('installer'), 'test')).toBeGreaterThan(longest(user('rw'), 'silence'));
  });

  it('needs a place, an end that is to come, and a reason', () => {
    const head = user('rw');
    expect(troubleOf(wedding, head, NOW)).toBeNull();
    expect(troubleOf({ ...wedding, area: '' }, head, NOW)).toBe('place');
    expect(troubleOf({ ...wedding, until: '' }, head, NOW)).toBe('times');
    expect(troubleOf({ ...wedding, until: '2026-11-23T09:00:00Z' }, head, NOW)).toBe('backwards');
    expect(troubleOf({ ...wedding, since: '2026-11-23T21:00:00Z' }, head, NOW)).toBe('backwards');
    expect(troubleOf({ ...wedding, reason: ' ada ' }, head, NOW)).toBe('reason');
  });

  it('stands by its time, those in force first', () => {
    const one = (id: string, active: boolean, since: string, until: string) => ({ id, active, since, until }) as Silence;
    const listed = [one('later', false, '3', '4'), one('long', true, '1', '9'), one('soon', false, '2', '8'), one('short', true, '1', '2')];
    expect(inOrder(listed).map(({ id }) => id)).toEqual(['short', 'long', 'soon', 'later']);
  });
});

describe('a camera', () => {
  it('is found by its name, id, edge or place', () => {
    expect(found(edges, 'timur rw').map(({ camera }) => camera)).toEqual(['gerbang']);
    expect(found(edges, 'bancar')).toHaveLength(2);
    expect(found(edges, 'parkir')[0]?.name).toBe('parkir');
    expect(found(edges, 'barat')).toEqual([]);
  });

  it('is called by its name, else by its id', () => {
    expect([cameraName(edges, 'pos-1', 'gerbang'), cameraName(edges, 'pos-1', 'parkir'), cameraName(edges, 'pos-9', 'x')]).toEqual(['Gerbang timur', 'parkir', 'x']);
  });
});
