import { describe, expect, it } from 'vitest';

import type { Edge } from '../../lib/model';
import { distance } from '../../lib/plan';
import { camerasOf, choices, compass, idOf, numberOf, pasted, positionOf, sector, standing, type CameraPlace, type Site } from './sites';

describe('a position', () => {
  it('is taken as map programs copy it', () => {
    expect(pasted('-7.3921, 109.3702')).toEqual([109.3702, -7.3921]);
    expect(pasted(' (-7.3921 109.3702) ')).toEqual([109.3702, -7.3921]);
    expect([pasted('109.3702, -7.3921'), pasted('-7.3921'), pasted('Bancar')]).toEqual([null, null, null]);
  });

  it('is both fields or none', () => {
    expect(positionOf('-7,3921', '109,3702')).toEqual([109.3702, -7.3921]);
    expect([positionOf('', ' '), positionOf('-7.39', ''), positionOf('x', '109')]).toEqual([null, 'wrong', 'wrong']);
  });
});

it('takes numbers within their bounds', () => {
  expect([numberOf('70', 0, 360, false), numberOf('0', 0, 360, false), numberOf('', 0, 1), numberOf('12,5', 0, 20), numberOf('-1', 0, 20)]).toEqual([70, 'wrong', null, 12.5, 'wrong']);
});

it('draws what a camera sees as a sector that looks its way', () => {
  const at = [109.37, -7.39] as const;
  const [ring = []] = sector(at, 90, 60, 35).coordinates;
  const middle = ring[Math.floor(ring.length / 2)] as [number, number];
  expect(ring[0]).toEqual(ring.at(-1));
  expect(middle[0]).toBeGreaterThan(at[0]);
  expect(distance(at, middle)).toBeCloseTo(35, 0);
});

it('names the directions of the wind', () => {
  expect([0, 44, 90, 200, 359].map(compass)).toEqual(['n', 'ne', 'e', 's', 'n']);
});

it('makes an id of a name, and another one where it is taken', () => {
  expect(idOf('Pasar Bancar (lama)', [])).toBe('pasar-bancar-lama');
  expect(idOf('Pasar', ['pasar', 'pasar-2'])).toBe('pasar-3');
  expect(idOf('—', [])).toBe('tempat');
});

it('counts the cameras of sites, and tells which stand where', () => {
  const features = [
    { properties: { sort: 'camera', edge: 'pos', camera: 'a', site: 'pasar', bearing: 10 } },
    { properties: { sort: 'camera', edge: 'pos', camera: 'b', site: null, bearing: null } },
    { properties: { sort: 'site', id: 'pasar' } },
  ];
  expect([...camerasOf(features)]).toEqual([['pasar', 1]]);
  const cameras = ['a', 'b', 'c'].map((id) => ({ id, name: id, area: '33.03', area_name: 'x' }));
  const found = standing([{ id: 'pos', cameras } as unknown as Edge], features);
  expect(found.map(({ site, placed, looks }) => [site, placed, looks])).toEqual([['pasar', true, true], [null, true, false], [null, false, false]]);
});

it('offers a camera the sites of its village and those near it', () => {
  const site = (id: string, area: string, latitude: number | null): Site => ({ id, name: id, area, area_name: area, kind: 'other', latitude, longitude: latitude === null ? null : 109.37, wants_camera: false, contact: '' });
  const all = [site('own', '33.03.05.1005/RW03', null), site('near', '33.03.05.1006', -7.395), site('far', '33.03.05.1006', -7.5), site('chosen', '33.03.01', null)];
  const place = { area: '33.03.05.1005/RW02/RT04', latitude: -7.39, longitude: 109.37 } as CameraPlace;
  expect(choices(all, place, 'chosen').map(({ id }) => id)).toEqual(['own', 'near', 'chosen']);
  expect(choices(all, { ...place, latitude: null, longitude: null }, '').map(({ id }) => id)).toEqual(['own']);
});
