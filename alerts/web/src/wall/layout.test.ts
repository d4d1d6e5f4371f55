import { describe, expect, it } from 'vitest';

import { camera, edge, incident } from '../lib/samples';
import { paceOf, placed, read, resized, spotsOf, tilesOf, usual, type Layout, type Size } from './layout';

const EDGES = [
  edge({
    id: 'pos',
    cameras: ['gerbang', 'jalan', 'kolam', 'masjid', 'pasar'].map((id) => camera({ id, name: id })),
  }),
];
const SPOTS = spotsOf(EDGES);
const WALL = usual('Susunan 1', 4, SPOTS);
const keys = (layout: Layout, ...incidents: ReturnType<typeof incident>[]): (string | null)[] =>
  tilesOf(layout, SPOTS, incidents).map(({ spot }) => spot?.camera ?? null);
const at = (id: string, camera: string, more: object = {}): ReturnType<typeof incident> =>
  incident({ id, camera: { edge: 'pos', id: camera, name: camera, area: '33.03', area_name: '' }, ...more });

describe('the wall', () => {
  it('shows the first cameras until somebody chooses others', () => {
    expect(keys(WALL)).toEqual(['gerbang', 'jalan', 'kolam', 'masjid']);
    expect(keys(placed(WALL, 1, 'pos/pasar'))).toEqual(['gerbang', 'pasar', 'kolam', 'masjid']);
  });

  it('shows no camera twice: one that is put elsewhere changes places', () => {
    expect(keys(placed(WALL, 0, 'pos/kolam'))).toEqual(['kolam', 'jalan', 'gerbang', 'masjid']);
  });

  it('keeps what is there when it grows and shrinks', () => {
    expect(keys(resized(placed(WALL, 0, 'pos/pasar'), 1, SPOTS))).toEqual(['pasar']);
    expect(keys(resized(WALL, 9, SPOTS)).slice(3)).toEqual(['masjid', 'pasar', null, null, null, null]);
  });

  it('forgets a camera that is there no more', () => {
    expect(keys({ ...WALL, tiles: ['pos/lama', null, 'pos/kolam', null] })).toEqual([null, null, 'kolam', null]);
  });
});

describe('a wall that follows incidents', () => {
  it('marks the tile of a camera that has one', () => {
    const [first] = tilesOf(WALL, SPOTS, [at('a', 'gerbang')]);
    expect(first?.incident?.id).toBe('a');
    expect(keys(WALL, at('a', 'gerbang'))).toEqual(['gerbang', 'jalan', 'kolam', 'masjid']);
  });

  it('gives a camera without a tile the last one that is free of incidents', () => {
    expect(keys(WALL, at('a', 'pasar'), at('b', 'masjid'))).toEqual(['gerbang', 'jalan', 'pasar', 'masjid']);
  });

  it('shows the gravest where there is but one tile', () => {
    const one = resized(WALL, 1, SPOTS);
    expect(keys(one, at('a', 'kolam', { severity: 3 }), at('b', 'pasar', { severity: 1 }))).toEqual(['pasar']);
  });

  it('moves for none that is closed or on test, and for nobody when it is told not to', () => {
    expect(keys(WALL, at('a', 'pasar', { state: 'closed' }), at('b', 'pasar', { test: true }))).not.toContain('pasar');
    expect(keys({ ...WALL, follows: false }, at('a', 'pasar'))).not.toContain('pasar');
  });
});

describe('the uplink of a place', () => {
  it('is spared by single pictures where many are shown, but for incidents', () => {
    expect([1, 4, 9, 16].map((size) => paceOf(size as Size, null))).toEqual([null, 1000, 3000, 3000]);
    expect(paceOf(16, at('a', 'pasar'))).toBeNull();
  });
});

describe('layouts', () => {
  it('come back as they were kept', () => {
    expect(read(JSON.stringify([WALL]))).toEqual([WALL]);
  });

  it.each([null, '', 'no JSON', '{}', '[1, null, {"name": "x"}]', '[{"name":"x","size":5,"tiles":[],"follows":true}]'])(
    'that are damaged are left out: %s',
    (text) => {
      expect(read(text)).toEqual([]);
    },
  );
});
