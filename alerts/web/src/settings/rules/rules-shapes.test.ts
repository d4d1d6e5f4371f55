import { describe, expect, it } from 'vitest';

import { area, arrow, head, LEAP, MAX_POINTS, moved, placed, shifted, split, SQUARE, steered, STEP, without } from './rules-shapes';

describe('a zone', () => {
  it('has the surface of its corners, whichever way round they go', () => {
    expect(area(SQUARE)).toBeCloseTo(0.16);
    expect(area([...SQUARE].reverse())).toBeCloseTo(0.16);
    expect(area([])).toBe(0);
    expect(area([[0, 0], [1, 1], [0.5, 0.5]])).toBe(0);
  });

  it('stays within the picture', () => {
    expect(placed([-0.2, 1.7])).toEqual([0, 1]);
    expect(moved(SQUARE, 1, [3, 0.12345678])).toEqual([[0.3, 0.3], [1, 0.1235], [0.7, 0.7], [0.3, 0.7]]);
  });

  it('keeps its form where it is pushed against the border', () => {
    expect(shifted(SQUARE, [0.9, -0.1])).toEqual([[0.6, 0.2], [1, 0.2], [1, 0.6], [0.6, 0.6]]);
  });

  it('takes a corner between two, also between the last and the first', () => {
    expect(split(SQUARE, 0)).toEqual([[0.3, 0.3], [0.5, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]]);
    expect(split(SQUARE, 3)[4]).toEqual([0.3, 0.5]);
  });

  it('takes no more corners than an edge reads', () => {
    const full = Array.from({ length: MAX_POINTS }, (_, at) => [at / MAX_POINTS, 0.5] as const);
    expect(split(full, 0)).toEqual(full);
  });

  it('keeps the corners that it needs', () => {
    expect(without(SQUARE, 0, 3)).toEqual(SQUARE.slice(1));
    expect(without(SQUARE.slice(1), 0, 3)).toEqual(SQUARE.slice(1));
  });
});

describe('the arrow keys', () => {
  it('move a point a little, and with Shift farther', () => {
    expect(steered('ArrowLeft', [0.5, 0.5], false)).toEqual([0.5 - STEP, 0.5]);
    expect(steered('ArrowDown', [0.5, 0.5], true)).toEqual([0.5, 0.5 + LEAP]);
    expect(steered('ArrowUp', [0.5, 0.005], false)).toEqual([0.5, 0]);
  });

  it('leave other keys to others', () => {
    expect(steered('Tab', [0.5, 0.5], false)).toBeNull();
    expect(steered('toString', [0.5, 0.5], false)).toBeNull();
  });
});

describe("a line's arrow", () => {
  it('points to the left hand of who goes from the first point to the second', () => {
    expect(arrow([0, 100], [200, 100], 'left', 20)).toEqual([100, 80]);
    expect(arrow([0, 100], [200, 100], 'right', 20)).toEqual([100, 120]);
    expect(arrow([100, 0], [100, 200], 'left', 20)).toEqual([120, 100]);
  });

  it('ends in a head that points on', () => {
    expect(head([0, 0], [0, 20], 10)).toEqual([[0, 30], [-6, 20], [6, 20]]);
  });
});
