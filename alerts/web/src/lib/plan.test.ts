import type { FeatureCollection } from 'geojson';
import { expect, test } from 'vitest';

import { disc, distance, EMPTY, extent, gathered, read, stacks, type Position } from './plan';
import { incident } from './samples';

const RT4 = '33.03.05.1005/RW02/RT04';
const camera = (id: string, area: string, at: Position, site: string | null = null) => ({
  type: 'Feature' as const,
  geometry: { type: 'Point' as const, coordinates: [...at] },
  properties: { sort: 'camera', edge: 'demo', camera: id, name: id, area, area_name: 'RT 04 / RW 02 · Bancar', site },
});
const site = (id: string, wants: boolean) => ({
  type: 'Feature' as const,
  geometry: { type: 'Point' as const, coordinates: [109.37, -7.39] },
  properties: { sort: 'site', id, name: id, area: RT4, area_name: 'RT 04 / RW 02 · Bancar', kind: 'market', wants_camera: wants },
});
const collection = (...features: FeatureCollection['features']): FeatureCollection => ({ type: 'FeatureCollection', features });
const at = (id: string, area = RT4, severity: 1 | 2 | 3 = 2) =>
  incident({ id: `${id} ${area} ${severity}`, severity, camera: { edge: 'demo', id, name: id, area, area_name: '' } });

test('a region lies around its cameras, a village around its regions', () => {
  const plan = read(collection(camera('a', RT4, [109.36, -7.39]), camera('b', RT4, [109.362, -7.39])));
  expect(plan.regions.map(({ area, name, village }) => [area, name, village])).toEqual([
    ['33.03.05.1005', 'Bancar', true],
    [RT4, 'RT 04 / RW 02', false],
  ]);
  for (const region of plan.regions) {
    expect(region.at[0]).toBeCloseTo(109.361);
    for (const one of plan.cameras) expect(distance(region.at, one.at)).toBeLessThan(region.radius);
    for (const corner of disc(region).coordinates[0] ?? [])
      expect(distance(region.at, corner as unknown as Position)).toBeCloseTo(region.radius, 0);
  }
});

test('a site that must have a camera and has none is told apart', () => {
  const plan = read(collection(site('pasar', true), site('sd', true), site('warung', false), camera('a', RT4, [109.36, -7.39], 'sd')));
  expect(plan.sites.map(({ key, uncovered }) => [key, uncovered])).toEqual([
    ['site pasar', true],
    ['site sd', false],
    ['site warung', false],
  ]);
});

test('an incident stands at its camera, else in the middle of the smallest area that is known, else nowhere', () => {
  const plan = read(collection(camera('a', RT4, [109.36, -7.39])));
  const found = stacks(plan, [at('a'), at('', RT4), at('', '33.03.05.1005/RW09/RT01', 1), at('', '33.03.12.2001')]);
  expect(found.nowhere.map((one) => one.camera.area)).toEqual(['33.03.12.2001']);
  expect(found.stacks.flatMap((one) => one.incidents)).toHaveLength(3);
  expect(found.stacks[0]?.exact).toBe(true);
  expect(found.stacks[0]?.incidents[0]?.severity).toBe(1); // all three in one place, the gravest first
});

test('stacks that would lie on one another are one, with all that is in them', () => {
  const plan = read(collection(camera('a', RT4, [109.36, -7.39]), camera('b', RT4, [109.3601, -7.39]), camera('c', RT4, [109.4, -7.39])));
  const apart = stacks(plan, [at('a'), at('b', RT4, 1), at('c')]).stacks;
  const project = ([x, y]: Position) => ({ x: (x - 109.36) * 10_000, y: y * 10_000 });
  const found = gathered(apart, project, 40);
  expect(found.map((one) => one.incidents.map(({ camera: { id } }) => id))).toEqual([['b', 'a'], ['c']]);
  expect(gathered(apart, ([x, y]) => ({ x: x * 1e9, y: y * 1e9 }), 40)).toHaveLength(3);
});

test('what shows nothing has no extent', () => {
  expect(extent(EMPTY)).toBeNull();
  const plan = read(collection(camera('a', RT4, [109.36, -7.39])));
  const [west, south, east, north] = extent(plan) ?? [0, 0, 0, 0];
  expect(west).toBeLessThan(109.36);
  expect(east).toBeGreaterThan(109.36);
  expect(south).toBeLessThan(-7.39);
  expect(north).toBeGreaterThan(-7.39);
});
