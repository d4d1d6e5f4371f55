/** How the map is drawn: greys of the pages, so that only what is wrong has a colour. */

import type { Feature, FeatureCollection } from 'geojson';
import type {
  CircleLayerSpecification,
  ExpressionFilterSpecification,
  LayerSpecification,
  StyleSpecification,
} from 'maplibre-gl';

import { drawn, source as tiles, SOURCE, type Base } from './basemap';
import { disc, top, type Plan } from './plan';
import { theme } from './theme.svelte';

export const LAYERS = { views: ['views', 'views-edge'], sites: ['sites', 'site-names'] } as const;
export type Layer = keyof typeof LAYERS;

const FONT = ['sans-serif'];
const CLUSTER_PX = 36;
const CLUSTERED: ExpressionFilterSpecification = ['has', 'point_count'];

/** A colour of the pages by its name in tokens.css. */
export const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** `uncovered` is said of a site that must have a camera and has none; `base` lies under everything. */
export function style(plan: Plan, troubled: ReadonlySet<string>, uncovered: string, base: Base | null): StyleSpecification {
  return {
    version: 8,
    sources: {
      ...(base && { [SOURCE]: tiles(base, location.origin) }),
      regions: source(plan.regions.map((one) => feature(disc(one), { village: one.village }))),
      names: source(plan.regions.map((one) => point(top(one), { name: one.name, village: one.village }))),
      views: source(plan.views),
      sites: source(plan.sites.map((one) => point(one.at, { name: one.uncovered ? `${one.name}\n${uncovered}` : one.name, uncovered: one.uncovered }))),
      cameras: { ...cameras(plan, troubled), cluster: true, clusterRadius: CLUSTER_PX, clusterMaxZoom: 15 },
    },
    layers: layers(base),
  };
}

export function cameras(plan: Plan, troubled: ReadonlySet<string>): { type: 'geojson'; data: FeatureCollection } {
  return source(plan.cameras.map((one) => point(one.at, { key: one.key, name: one.name, trouble: troubled.has(one.key) })));
}

function source(features: readonly Feature[]): { type: 'geojson'; data: FeatureCollection } {
  return { type: 'geojson', data: { type: 'FeatureCollection', features: [...features] } };
}

const feature = (geometry: Feature['geometry'], properties: Feature['properties']): Feature => ({
  type: 'Feature',
  geometry,
  properties,
});
const point = (at: readonly [number, number], properties: Feature['properties']): Feature =>
  feature({ type: 'Point', coordinates: [...at] }, properties);

const layers = (base: Base | null): LayerSpecification[] => [...grounds(base), ...marks(), ...names()];

/** What lies below: areas, and what cameras see. */
function grounds(base: Base | null): LayerSpecification[] {
  const strong = colour('line-strong');
  return [
    { id: 'ground', type: 'background', paint: { 'background-color': colour('ground') } },
    ...(base ? drawn(base, colour, theme.current === 'dark', FONT) : []),
    { id: 'regions', type: 'fill', source: 'regions', paint: { 'fill-color': colour('surface'), 'fill-opacity': base ? 0.2 : 0.7 } },
    { id: 'region-edges', type: 'line', source: 'regions', paint: { 'line-color': colour('line'), 'line-width': 1 } },
    { id: 'views', type: 'fill', source: 'views', paint: { 'fill-color': strong, 'fill-opacity': 0.22 } },
    { id: 'views-edge', type: 'line', source: 'views', paint: { 'line-color': strong, 'line-width': 1, 'line-opacity': 0.6 } },
  ];
}

/** Sites, cameras, and how many cameras there are where they would lie on one another. */
function marks(): LayerSpecification[] {
  const ground = colour('ground');
  const strong = colour('line-strong');
  const round = (id: string, from: string, paint: CircleLayerSpecification['paint'], filter?: ExpressionFilterSpecification) =>
    ({ id, type: 'circle', source: from, paint, ...(filter && { filter }) }) satisfies LayerSpecification;
  return [
    round('sites', 'sites', {
      'circle-radius': 5,
      'circle-color': ground,
      'circle-stroke-width': 2,
      'circle-stroke-color': ['case', ['get', 'uncovered'], colour('p2'), strong],
    }),
    round(
      'clusters',
      'cameras',
      { 'circle-radius': 14, 'circle-color': colour('surface'), 'circle-stroke-color': strong, 'circle-stroke-width': 1.5 },
      CLUSTERED,
    ),
    round(
      'cameras',
      'cameras',
      {
        'circle-radius': 5,
        'circle-color': ['case', ['get', 'trouble'], colour('p2'), colour('ink-quiet')],
        'circle-stroke-color': ground,
        'circle-stroke-width': 1.5,
      },
      ['!', CLUSTERED],
    ),
  ];
}

interface Name {
  id: string;
  source: string;
  field?: string;
  ink: 'ink' | 'ink-quiet';
  size?: number;
  /** In heights of a letter, downwards. */
  below: number;
  filter?: ExpressionFilterSpecification;
  minzoom?: number;
  maxzoom?: number;
}

function names(): LayerSpecification[] {
  const all: Name[] = [
    { id: 'cluster-counts', source: 'cameras', field: 'point_count_abbreviated', ink: 'ink', below: 0, filter: CLUSTERED },
    { id: 'region-names', source: 'names', ink: 'ink-quiet', below: -0.8, filter: ['!', ['get', 'village']], minzoom: 14 },
    { id: 'village-names', source: 'names', ink: 'ink', size: 14, below: -0.8, filter: ['==', ['get', 'village'], true] },
    { id: 'site-names', source: 'sites', ink: 'ink-quiet', below: 1.6, minzoom: 15 },
    { id: 'camera-names', source: 'cameras', ink: 'ink', below: 1.9, filter: ['!', CLUSTERED], minzoom: 15.5 },
  ];
  return all.map(({ field = 'name', ink, size = 12, below, ...rest }) => ({
    ...rest,
    type: 'symbol',
    layout: {
      'text-field': ['get', field],
      'text-font': FONT,
      'text-size': size,
      'text-offset': [0, below],
      'text-allow-overlap': below === 0,
    },
    paint: { 'text-color': colour(ink), 'text-halo-color': colour('ground'), 'text-halo-width': 1.5 },
  }));
}
