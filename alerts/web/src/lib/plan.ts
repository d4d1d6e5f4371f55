/** What the map shows, from what the centre tells of places: pure, so that it is tested without a page. */

import type { Feature, FeatureCollection, Polygon } from 'geojson';

import type { Incident } from './model';

/** Longitude and latitude in degrees, in the order of GeoJSON. */
export type Position = readonly [number, number];

export interface Spot {
  key: string;
  name: string;
  area: string;
  area_name: string;
  at: Position;
}

export interface SiteSpot extends Spot {
  kind: string;
  /** It must have a camera, and has none. */
  uncovered: boolean;
}

/** An RT, an RW or a village: no boundary of them is known, so a circle around what stands there stands for it. */
export interface Region {
  area: string;
  name: string;
  at: Position;
  radius: number;
  village: boolean;
}

export interface Plan {
  cameras: readonly Spot[];
  sites: readonly SiteSpot[];
  /** What cameras see. */
  views: readonly Feature<Polygon>[];
  regions: readonly Region[];
}

/** Incidents at one position, the gravest first. */
export interface Stack {
  key: string;
  at: Position;
  incidents: readonly Incident[];
  /** False where only its area is known. */
  exact: boolean;
}

/** The properties of a feature, as GET /map tells them. */
interface Told {
  sort: 'camera' | 'site' | 'view';
  edge?: string;
  camera?: string;
  id?: string;
  name?: string;
  area?: string;
  area_name?: string;
  kind?: string;
  site?: string | null;
  wants_camera?: boolean;
}

export const EMPTY: Plan = { cameras: [], sites: [], views: [], regions: [] };
/** Metres of a degree of latitude; of longitude at the equator. */
const DEGREE_M = 111_320;
/** Around the outermost camera of a region. */
const MARGIN_M = 60;
const CORNERS = 64;

export const cameraKey = (edge: string, camera: string): string => `${edge}/${camera}`;
const villageOf = (area: string): string => area.split('/', 1)[0] ?? area;

export function read(told: FeatureCollection): Plan {
  const features = told.features.map((feature) => ({ feature, about: feature.properties as Told }));
  const points = features.flatMap(({ feature, about }) =>
    feature.geometry.type === 'Point' ? [{ about, at: feature.geometry.coordinates as unknown as Position }] : [],
  );
  const covered = new Set(points.filter(({ about }) => about.sort === 'camera').map(({ about }) => about.site));
  const cameras = points.filter(({ about }) => about.sort === 'camera').map(({ about, at }) => spot(about, at));
  const sites = points
    .filter(({ about }) => about.sort === 'site')
    .map(({ about, at }) => ({
      ...spot(about, at),
      kind: about.kind ?? '',
      uncovered: about.wants_camera === true && !covered.has(about.id),
    }));
  const views = features
    .filter(({ about }) => about.sort === 'view')
    .map(({ feature }) => feature as Feature<Polygon>);
  return { cameras, sites, views, regions: regions([...cameras, ...sites]) };
}

function spot(about: Told, at: Position): Spot {
  const key = about.sort === 'camera' ? cameraKey(about.edge ?? '', about.camera ?? '') : `site ${about.id ?? ''}`;
  return { key, name: about.name ?? '', area: about.area ?? '', area_name: about.area_name ?? '', at };
}

/** Villages and what lies within them, each around the middle of its cameras and sites. */
function regions(spots: readonly Spot[]): Region[] {
  const groups = Map.groupBy(spots, (one) => one.area);
  const villages = Map.groupBy(spots, (one) => villageOf(one.area));
  return [
    ...[...villages].map(([area, inside]) => region(area, inside, true)),
    ...[...groups].filter(([area]) => area.includes('/')).map(([area, inside]) => region(area, inside, false)),
  ];
}

/** The name of an area is `RT 04 / RW 02 · Bancar`, the village behind the dot. */
function region(area: string, spots: readonly Spot[], village: boolean): Region {
  const at: Position = [mean(spots.map((one) => one.at[0])), mean(spots.map((one) => one.at[1]))];
  const names = (spots[0]?.area_name ?? area).split(' · ');
  const name = (village ? names.at(-1) : names[0]) ?? area;
  const radius = Math.max(...spots.map((one) => distance(at, one.at))) + MARGIN_M;
  return { area, name, at, radius: village ? radius * 1.25 : radius, village };
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

/** Metres between two positions that lie near each other: the earth is flat within a regency. */
export function distance(one: Position, other: Position): number {
  const shrink = Math.cos((one[1] * Math.PI) / 180);
  return Math.hypot((one[0] - other[0]) * shrink, one[1] - other[1]) * DEGREE_M;
}

/** A circle of `radius` metres as a polygon. */
export function disc({ at, radius }: Pick<Region, 'at' | 'radius'>): Polygon {
  const shrink = Math.cos((at[1] * Math.PI) / 180);
  const corner = (index: number): [number, number] => {
    const angle = (2 * Math.PI * (index % CORNERS)) / CORNERS;
    return [
      at[0] + (radius * Math.sin(angle)) / (DEGREE_M * shrink),
      at[1] + (radius * Math.cos(angle)) / DEGREE_M,
    ];
  };
  return { type: 'Polygon', coordinates: [Array.from({ length: CORNERS + 1 }, (_, index) => corner(index))] };
}

/** The northernmost point of a region, for its name. */
export const top = ({ at, radius }: Region): Position => [at[0], at[1] + radius / DEGREE_M];

/** Where incidents are: at their camera, else in the middle of the smallest area that is known. */
export function stacks(plan: Plan, incidents: readonly Incident[]): { stacks: Stack[]; nowhere: Incident[] } {
  const cameras = new Map(plan.cameras.map((one) => [one.key, one.at]));
  const areas = new Map(plan.regions.map((one) => [one.area, one.at]));
  const found = new Map<string, { at: Position; exact: boolean; incidents: Incident[] }>();
  const nowhere: Incident[] = [];
  for (const incident of incidents) {
    const own = cameras.get(cameraKey(incident.camera.edge, incident.camera.id));
    const at = own ?? middle(areas, incident.camera.area);
    if (at === undefined) nowhere.push(incident);
    else {
      const stack = found.get(at.join()) ?? { at, exact: own !== undefined, incidents: [] };
      stack.incidents.push(incident);
      found.set(at.join(), stack);
    }
  }
  return { stacks: [...found].map(([key, stack]) => ({ key, ...stack, incidents: gravest(stack.incidents) })), nowhere };
}

function middle(areas: ReadonlyMap<string, Position>, area: string): Position | undefined {
  for (let code = area; code !== ''; code = code.slice(0, Math.max(code.lastIndexOf('/'), 0))) {
    const at = areas.get(code);
    if (at !== undefined) return at;
  }
  return undefined;
}

const gravest = (incidents: readonly Incident[]): Incident[] =>
  [...incidents].sort((a, b) => a.severity - b.severity || Date.parse(b.opened_at) - Date.parse(a.opened_at));

/** Stacks that would lie on one another within `apart` pixels, put together; `project` gives a position's pixels. */
export function gathered(all: readonly Stack[], project: (at: Position) => { x: number; y: number }, apart: number): Stack[] {
  const cells = Map.groupBy(all, (stack) => {
    const { x, y } = project(stack.at);
    return `${Math.round(x / apart)} ${Math.round(y / apart)}`;
  });
  return [...cells.values()].map((inside) => {
    const [first, ...rest] = inside;
    if (first === undefined || rest.length === 0) return first ?? { key: '', at: [0, 0], incidents: [], exact: false };
    const at: Position = [mean(inside.map((one) => one.at[0])), mean(inside.map((one) => one.at[1]))];
    return {
      key: inside.map((one) => one.key).join(' '),
      at,
      incidents: gravest(inside.flatMap((one) => one.incidents)),
      exact: inside.every((one) => one.exact),
    };
  });
}

/** West, south, east and north of what the plan shows, with a margin; null while it shows nothing. */
export function extent(plan: Plan): [number, number, number, number] | null {
  const at = plan.regions.flatMap((one) => disc(one).coordinates[0] ?? []) as unknown as Position[];
  if (at.length === 0) return null;
  const east = at.map((one) => one[0]);
  const north = at.map((one) => one[1]);
  return [Math.min(...east), Math.min(...north), Math.max(...east), Math.max(...north)];
}
