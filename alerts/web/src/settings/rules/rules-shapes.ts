/** Zones and lines of a picture, as they are drawn: points are shares of its width and height, 0 to 1. */

import type { Point } from './rules';

export const MAX_POINTS = 32;
/** Of the picture: what an arrow key moves a point by, alone and with Shift. */
export const STEP = 0.01;
export const LEAP = 0.05;

const DIGITS = 1e4;
const within = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * DIGITS) / DIGITS;

/** A point that lies within the picture, as exact as a hand can point. */
export const placed = ([x, y]: Point): Point => [within(x), within(y)];

export const distance = ([x1, y1]: Point, [x2, y2]: Point): number => Math.hypot(x2 - x1, y2 - y1);

/** By the shoelace formula. */
export function area(zone: readonly Point[]): number {
  const twice = zone.reduce((sum, [x1, y1], at) => {
    const [x2, y2] = zone[(at + 1) % zone.length] ?? [0, 0];
    return sum + x1 * y2 - x2 * y1;
  }, 0);
  return Math.abs(twice) / 2;
}

export const moved = (points: readonly Point[], at: number, to: Point): Point[] =>
  points.map((point, index) => (index === at ? placed(to) : point));

/** All points by as much, as far as none leaves the picture. */
export function shifted(points: readonly Point[], by: Point): Point[] {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const dx = Math.min(1 - Math.max(...xs), Math.max(-Math.min(...xs), by[0]));
  const dy = Math.min(1 - Math.max(...ys), Math.max(-Math.min(...ys), by[1]));
  return points.map(([x, y]) => placed([x + dx, y + dy]));
}

export const middle = ([x1, y1]: Point, [x2, y2]: Point): Point => placed([(x1 + x2) / 2, (y1 + y2) / 2]);

/** A zone with one corner more, halfway to the next one; the same where it has enough. */
export function split(zone: readonly Point[], after: number, at?: Point): Point[] {
  const [one, next] = [zone[after], zone[(after + 1) % zone.length]];
  if (one === undefined || next === undefined || zone.length >= MAX_POINTS) return [...zone];
  return [...zone.slice(0, after + 1), placed(at ?? middle(one, next)), ...zone.slice(after + 1)];
}

/** Without one of its points; a zone keeps three and a line two. */
export const without = (points: readonly Point[], at: number, least: number): Point[] =>
  points.length <= least ? [...points] : points.filter((_, index) => index !== at);

/** What a person starts from who does not draw by hand. */
export const SQUARE: readonly Point[] = [[0.3, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]];
export const STROKE: readonly Point[] = [[0.3, 0.6], [0.7, 0.6]];

/** Where keys move a point to; null for other keys. */
export function steered(key: string, [x, y]: Point, far: boolean): Point | null {
  const by = far ? LEAP : STEP;
  const steps: Readonly<Record<string, Point>> = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] };
  const step = Object.hasOwn(steps, key) ? steps[key] : undefined;
  return step === undefined ? null : placed([x + step[0], y + step[1]]);
}

/**
 * The point of a line's arrow to one side, in pixels; left and right are seen from the first point to the second. `y`
 * points down, so left of a line that goes right is up.
 */
export function arrow([x1, y1]: Point, [x2, y2]: Point, side: 'left' | 'right', length: number): Point {
  const long = Math.hypot(x2 - x1, y2 - y1) || 1;
  const sign = side === 'left' ? 1 : -1;
  return [(x1 + x2) / 2 + (sign * length * (y2 - y1)) / long, (y1 + y2) / 2 - (sign * length * (x2 - x1)) / long];
}

/** The three corners of an arrow's head, in pixels: its tip at `to`, its back towards `from`. */
export function head([x1, y1]: Point, [x2, y2]: Point, size: number): Point[] {
  const long = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [ux, uy] = [((x2 - x1) / long) * size, ((y2 - y1) / long) * size];
  return [[x2 + ux, y2 + uy], [x2 - uy * 0.6, y2 + ux * 0.6], [x2 + uy * 0.6, y2 - ux * 0.6]];
}
