import { describe, expect, it } from 'vitest';

import { isWell, parts } from './groups';
import { camera, edge, group } from './samples';

describe('the parts of an edge', () => {
  it('are its groups with their cameras', () => {
    const one = edge({
      groups: [group({ id: 'a' }), group({ id: 'b' })],
      cameras: [camera({ id: '1', group: 'b' }), camera({ id: '2', group: 'a' }), camera({ id: '3', group: 'b' })],
    });
    expect(parts(one).map((part) => [part.group?.id, part.cameras.map(({ id }) => id)])).toEqual([
      ['a', ['2']],
      ['b', ['1', '3']],
    ]);
  });

  it('end with the cameras of no group', () => {
    const one = edge({ groups: [group({ id: 'a' })], cameras: [camera({ id: '1', group: '' }), camera({ id: '2', group: 'a' })] });
    expect(parts(one).map((part) => [part.group?.id, part.cameras.map(({ id }) => id)])).toEqual([
      ['a', ['2']],
      [undefined, ['1']],
    ]);
  });

  it('are one empty table for an edge that has said nothing yet', () => {
    expect(parts(edge({}))).toEqual([{ group: null, cameras: [] }]);
  });
});

describe('a camera is well', () => {
  it('when its edge is there, its picture comes, and nothing troubles it', () => {
    expect(isWell(edge({}), camera({}))).toBe(true);
    expect(isWell(edge({ online: false }), camera({}))).toBe(false);
    expect(isWell(edge({}), camera({ state: 'failed' }))).toBe(false);
    expect(isWell(edge({}), camera({ troubles: ['covered'] }))).toBe(false);
  });
});
