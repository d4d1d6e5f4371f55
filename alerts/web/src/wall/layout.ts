/** What stands where on the wall: pure functions, so that they are tested without a page. */

import type { Edge, Incident } from '../lib/model';
import { isOpen } from '../lib/queue';

export const SIZES = [1, 4, 9, 16] as const;
export type Size = (typeof SIZES)[number];

/** A camera of the wall; `key` is `edge/camera`. */
export interface Spot {
  key: string;
  edge: string;
  camera: string;
  name: string;
  area: string;
  online: boolean;
}

export interface Layout {
  name: string;
  size: Size;
  /** Keys of cameras, one a tile; null for a tile that is still free. */
  tiles: readonly (string | null)[];
  /** Whether incidents bring their cameras onto the wall. */
  follows: boolean;
}

export interface Tile {
  spot: Spot | null;
  /** The gravest open incident of this camera. */
  incident: Incident | null;
}

export const MOST_LAYOUTS = 12;

export const keyOf = (edge: string, camera: string): string => `${edge}/${camera}`;

export const spotsOf = (edges: readonly Edge[]): Spot[] =>
  edges
    .flatMap((edge) =>
      edge.cameras.map((one) => ({
        key: keyOf(edge.id, one.id),
        edge: edge.id,
        camera: one.id,
        name: one.name,
        area: one.area_name,
        online: edge.online && one.state === 'ok',
      })),
    )
    .sort((a, b) => a.area.localeCompare(b.area, 'id') || a.name.localeCompare(b.name, 'id'));

/** A wall of this size that shows the first cameras there are. */
export function usual(name: string, size: Size, spots: readonly Spot[]): Layout {
  return { name, size, follows: true, tiles: Array.from({ length: size }, (_, index) => spots[index]?.key ?? null) };
}

/** The same layout in another size: what is there stays, and cameras that are not there yet fill it up. */
export function resized(layout: Layout, size: Size, spots: readonly Spot[]): Layout {
  const kept = layout.tiles.slice(0, size);
  const others = spots.map(({ key }) => key).filter((key) => !kept.includes(key));
  return { ...layout, size, tiles: [...kept, ...Array.from({ length: size - kept.length }, () => others.shift() ?? null)] };
}

/** Puts a camera into a tile; where it stood already, the other camera goes. */
export function placed(layout: Layout, index: number, key: string | null): Layout {
  const before = layout.tiles[index] ?? null;
  return { ...layout, tiles: layout.tiles.map((one, at) => (at === index ? key : key !== null && one === key ? before : one)) };
}

const isFollowed = (incident: Incident): boolean => isOpen(incident) && !incident.test && incident.camera.edge !== '';

/** The gravest first; among equals the oldest, so that a newcomer moves nobody who is being looked at. */
function byRight(a: Incident, b: Incident): number {
  return a.severity - b.severity || Date.parse(a.opened_at) - Date.parse(b.opened_at) || a.number - b.number;
}

/**
 * What each tile shows. A camera with an open incident that has no tile takes the last tile whose camera has none; the
 * others stay where people put them.
 */
export function tilesOf(layout: Layout, spots: readonly Spot[], incidents: Iterable<Incident>): Tile[] {
  const known = new Map(spots.map((spot) => [spot.key, spot]));
  const gravest = new Map<string, Incident>();
  for (const incident of [...incidents].filter(isFollowed).sort(byRight)) {
    const key = keyOf(incident.camera.edge, incident.camera.id);
    if (known.has(key) && !gravest.has(key)) gravest.set(key, incident);
  }
  const keys = layout.tiles.slice(0, layout.size).map((key) => (key !== null && known.has(key) ? key : null));
  if (layout.follows) {
    for (const key of [...gravest.keys()].slice(0, layout.size)) {
      if (keys.includes(key)) continue;
      const free = keys.findLastIndex((one) => one === null || !gravest.has(one));
      if (free >= 0) keys[free] = key;
    }
  }
  return keys.map((key) => ({ spot: known.get(key ?? '') ?? null, incident: gravest.get(key ?? '') ?? null }));
}

/**
 * Milliseconds from picture to picture of a tile; null: the stream. A place has few streams to give, over a 3G link: they
 * are for incidents, and for who looks at one camera alone.
 */
export function paceOf(size: Size, incident: Incident | null): number | null {
  if (size === 1 || incident !== null) return null;
  return size === 4 ? 1000 : 3000;
}

/** Layouts as this browser kept them; what is damaged is left out. */
export function read(text: string | null): Layout[] {
  try {
    const found: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(found) ? found.filter(isLayout).slice(0, MOST_LAYOUTS) : [];
  } catch {
    return [];
  }
}

function isLayout(one: Partial<Layout> | null): one is Layout {
  return (
    typeof one?.name === 'string' &&
    typeof one.follows === 'boolean' &&
    SIZES.includes(one.size as Size) &&
    Array.isArray(one.tiles) &&
    one.tiles.every((key) => key === null || typeof key === 'string')
  );
}
