/** Sites, and where cameras stand and look, as the centre tells of them. Positions in degrees, distances in metres. */

import type { Polygon } from 'geojson';

import { call } from '../../lib/api';
import type { Edge, User } from '../../lib/model';
import { distance, type Position } from '../../lib/plan';
import { contains } from '../people/people-rules';

/** The kinds that the pages offer; a centre may know others, which are shown as they are. */
export const SITE_KINDS = ['guard_post', 'junction', 'gate', 'market', 'school', 'worship', 'office', 'bank', 'park', 'bridge', 'housing', 'other'] as const;

export interface Site {
  id: string;
  name: string;
  area: string;
  area_name: string;
  kind: string;
  latitude: number | null;
  longitude: number | null;
  wants_camera: boolean;
  contact: string;
}

export type SiteBody = Omit<Site, 'id' | 'area_name'>;

export interface Beside {
  edge: string;
  camera: string;
  name: string;
  distance_m?: number;
}

export interface CameraPlace {
  edge: string;
  camera: string;
  name: string;
  area: string;
  site: string | null;
  latitude: number | null;
  longitude: number | null;
  bearing: number | null;
  view_angle: number | null;
  reach_m: number | null;
  neighbours: readonly Beside[];
  suggested: readonly Beside[];
}

export type PlaceBody = Pick<CameraPlace, 'site' | 'latitude' | 'longitude' | 'bearing' | 'view_angle' | 'reach_m'> & {
  neighbours: readonly { edge: string; camera: string }[];
};

/** Metres; the first is what is offered unasked. */
export const NEAR = [100, 250, 500] as const;
const NEAR_M: number = NEAR[0];

const part = encodeURIComponent;
const placeOf = (edge: string, camera: string): string => `edges/${part(edge)}/cameras/${part(camera)}/place`;

export const sites = {
  listed: () => call<{ sites: Site[] }>('GET', 'sites'),
  save: (id: string, body: SiteBody) => call<{ site: Site }>('PUT', `sites/${part(id)}`, body),
  remove: (id: string) => call<undefined>('DELETE', `sites/${part(id)}`),
  /** `within`: how many metres away those may stand that are suggested as neighbours. */
  place: (edge: string, camera: string, within = NEAR_M) =>
    call<{ place: CameraPlace }>('GET', `${placeOf(edge, camera)}?within_m=${within}`),
  put: (edge: string, camera: string, body: PlaceBody) => call<{ place: CameraPlace }>('PUT', placeOf(edge, camera), body),
};

/** A camera with its edge, and the site at which it stands where the map knows. */
export interface Standing {
  edge: string;
  camera: string;
  name: string;
  area: string;
  area_name: string;
  site: string | null;
  placed: boolean;
  looks: boolean;
}

/** The properties of a camera on the map that say where it stands. */
interface Told {
  sort: string;
  edge?: string;
  camera?: string;
  site?: string | null;
  bearing?: number | null;
}

/** All cameras of the edges, with what the map tells of where they stand. */
export function standing(edges: readonly Edge[], features: readonly { properties: unknown }[]): Standing[] {
  const told = new Map<string, Told>();
  for (const { properties } of features) {
    const about = properties as Told;
    if (about.sort === 'camera') told.set(`${about.edge ?? ''}/${about.camera ?? ''}`, about);
  }
  return edges.flatMap((edge) =>
    edge.cameras.map((camera) => {
      const about = told.get(`${edge.id}/${camera.id}`);
      const { name, area, area_name } = camera;
      const looks = typeof about?.bearing === 'number';
      return { edge: edge.id, camera: camera.id, name, area, area_name, site: about?.site ?? null, placed: about !== undefined, looks };
    }),
  );
}

/** Metres from its site at which a camera may stand. */
const SITE_M = 1000;

/** The sites at which a camera may stand: those of its village, those near it, and the one that is chosen. */
export function choices(all: readonly Site[], place: CameraPlace, chosen: string): Site[] {
  const village = place.area.split('/', 1)[0] ?? place.area;
  const here: Position | null = place.latitude === null || place.longitude === null ? null : [place.longitude, place.latitude];
  const near = ({ latitude, longitude }: Site): boolean =>
    here !== null && latitude !== null && longitude !== null && distance(here, [longitude, latitude]) <= SITE_M;
  return all.filter((site) => site.id === chosen || contains(village, site.area) || near(site));
}

/** A position of a text such as `-7.3921, 109.3702`, as map programs give it to be pasted; null for anything else. */
export function pasted(text: string): Position | null {
  const found = /^\s*\(?\s*(-?\d{1,2}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*\)?\s*$/.exec(text);
  if (found === null) return null;
  const [latitude, longitude] = [Number(found[1]), Number(found[2])];
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? [longitude, latitude] : null;
}

/** As exact as a hand can point: about a tenth of a metre. */
export const rounded = (degrees: number): number => Math.round(degrees * 1e6) / 1e6;

/** A site's id of its name: `Pasar Bancar` becomes `pasar-bancar`, with a number where that is taken. */
export function idOf(name: string, taken: readonly string[]): string {
  const plain = name.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 56).replace(/-+$/, '');
  const base = plain === '' ? 'tempat' : plain;
  for (let number = 1; ; number += 1) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (!taken.includes(id)) return id;
  }
}

export const COMPASS = ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'] as const;
export const compass = (bearing: number): (typeof COMPASS)[number] => COMPASS[Math.round(bearing / 45) % 8] ?? 'n';

const DEGREE_M = 111_320;
const STEP_DEGREES = 5;

/** What a camera sees: a sector of a circle, as the earth is flat within its reach. */
export function sector(at: Position, bearing: number, angle: number, reach: number): Polygon {
  const shrink = Math.cos((at[1] * Math.PI) / 180);
  const steps = Math.max(1, Math.ceil(angle / STEP_DEGREES));
  const arc = Array.from({ length: steps + 1 }, (_, step): [number, number] => {
    const towards = ((bearing - angle / 2 + (angle * step) / steps) * Math.PI) / 180;
    return [
      at[0] + (reach * Math.sin(towards)) / (DEGREE_M * shrink),
      at[1] + (reach * Math.cos(towards)) / DEGREE_M,
    ];
  });
  const tip: [number, number] = [at[0], at[1]];
  return { type: 'Polygon', coordinates: [[tip, ...arc, tip]] };
}

/** What two fields hold: a position, null where both are empty, and `wrong` for anything else. */
export function positionOf(latitude: string, longitude: string): Position | null | 'wrong' {
  if (latitude.trim() === '' && longitude.trim() === '') return null;
  if (latitude.trim() === '' || longitude.trim() === '') return 'wrong';
  return pasted(`${latitude.trim().replace(',', '.')}, ${longitude.trim().replace(',', '.')}`) ?? 'wrong';
}

/** A number of a field between two bounds; null for an empty one, `wrong` for what lies outside. */
export function numberOf(text: string | number | null, low: number, high: number, lowIncluded = true): number | null | 'wrong' {
  const written = String(text ?? '').trim().replace(',', '.');
  if (written === '') return null;
  const value = Number(written);
  return Number.isFinite(value) && (lowIncluded ? value >= low : value > low) && value <= high ? value : 'wrong';
}

/** Rows of a page of a long list. */
export const PAGE = 50;

/** Whether somebody may change sites and the places of cameras. */
export const installs = ({ role }: User): boolean => role === 'admin' || role === 'installer';

/** How many cameras stand at each site, by its id, as far as the map tells. */
export function camerasOf(features: readonly { properties: unknown }[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { properties } of features) {
    const { sort, site } = properties as Told;
    if (sort === 'camera' && site) found.set(site, (found.get(site) ?? 0) + 1);
  }
  return found;
}
