import { expect, test } from 'vitest';

import { merge, NONE } from './queue';
import { companions } from './regrouping';
import { incident } from './samples';

const place = (area: string) => ({ edge: 'demo', id: 'gerbang', name: 'Gerbang', area, area_name: area });
const of = (id: string, area: string, at = '2026-11-22T01:00:00Z') =>
  incident({ id, camera: place(area), last_event: { id: 'e', at } });
const here = of('here', '33.03.05.1005/RW02/RT04');

test('the nearest place comes first, then the nearest time', () => {
  const known = merge(NONE, [
    here,
    of('far', '33.03.12.2001'),
    of('other RT', '33.03.05.1005/RW02/RT03'),
    of('earlier', '33.03.05.1005/RW02/RT04', '2026-11-22T00:30:00Z'),
    of('same', '33.03.05.1005/RW02/RT04', '2026-11-22T00:59:00Z'),
  ]);
  expect(companions(known, here).map(({ id }) => id)).toEqual(['same', 'earlier', 'other RT', 'far']);
});

test('closed ones, tests and itself are not offered, nor more than fit', () => {
  const known = merge(NONE, [
    here,
    { ...of('closed', here.camera.area), state: 'closed' },
    { ...of('test', here.camera.area), test: true },
    ...Array.from({ length: 12 }, (_, index) => of(`open ${index}`, here.camera.area)),
  ]);
  expect(companions(known, here).map(({ id }) => id)).toEqual(Array.from({ length: 8 }, (_, index) => `open ${index}`));
});
