import { describe, expect, it } from 'vitest';

import { merge } from '../lib/queue';
import { camera, edge, incident } from '../lib/samples';
import { turn } from './turn';

const NOW = Date.parse('2026-11-22T15:00:00Z');
const EARLY = { opened_at: '2026-11-21T01:00:00Z' };

describe('a change of shift', () => {
  const incidents = merge(new Map(), [
    incident({ id: 'mine', claimant: 'siti', acknowledged_by: 'Siti', opened_at: '2026-11-22T14:00:00Z' }),
    incident({ id: 'free', ...EARLY }),
    incident({ id: 'others', claimant: 'budi', acknowledged_by: 'Budi', ...EARLY }),
    incident({ id: 'test', test: true, opened_at: '2026-11-22T14:00:00Z' }),
    incident({ id: 'over', state: 'closed', resolution: 'false', closed_at: '2026-11-22T14:30:00Z', opened_at: '2026-11-22T14:00:00Z' }),
    incident({ id: 'long over', state: 'closed', resolution: 'false', closed_at: '2026-11-21T14:30:00Z', ...EARLY }),
  ]);
  const edges = [
    edge({ id: 'pos-1', cameras: [camera({ id: 'a' }), camera({ id: 'b', troubles: ['dark'] }), camera({ id: 'c', state: 'failed' })] }),
    edge({ id: 'pos-2', online: false, cameras: [camera({})] }),
  ];
  const told = turn(incidents, edges, 'siti', NOW);

  it('tells who has what', () => {
    expect([told.mine, told.untaken, told.others].map((some) => some.map(({ id }) => id))).toEqual([['mine'], ['free'], ['others']]);
  });

  it('counts the last eight hours, without tests', () => {
    expect([told.opened, told.ended]).toEqual([2, [['false', 1]]]);
  });

  it('names what is broken, a silent box once', () => {
    expect(told.troubles.map(({ key, kinds }) => [key, kinds])).toEqual([
      ['pos-1/b', ['dark']],
      ['pos-1/c', ['silent']],
      ['pos-2', ['edge_silent']],
    ]);
  });
});
