/** What lies under the map where the centre has something: its own archive of tiles, or an address. */

import type { LayerSpecification, RasterLayerSpecification, SourceSpecification } from 'maplibre-gl';

import { api } from './api';

export interface Base {
  kind: 'raster' | 'vector';
  /** Address with {z}, {x} and {y}. */
  tiles: string;
  min_zoom: number;
  max_zoom: number;
  /** Whom they are owed to; plain text. */
  attribution: string;
  /** West, south, east, north in degrees. */
  bounds: readonly [number, number, number, number] | null;
}

export const SOURCE = 'base';
const TILE_PX = 256;

/** The layers of tiles in the three schemas that are around: Protomaps, OpenMapTiles, Shortbread. */
const WATERS = ['water', 'ocean', 'water_polygons'];
const STREAMS = ['waterway', 'water_lines', 'water'];
const BUILDINGS = ['buildings', 'building'];
const ROADS = ['roads', 'transportation', 'streets'];
const BORDERS = ['boundaries', 'boundary'];
const ROAD_NAMES = ['roads', 'transportation_name', 'street_labels'];
const PLACE_NAMES = ['places', 'place', 'place_labels'];

export type Colour = (name: string) => string;

let asked: Promise<Base | null> | undefined;

/** Asked once while the page is open: a centre that is told of another is started anew. */
export function base(): Promise<Base | null> {
  return (asked ??= api.base().then(
    (told) => told.base,
    () => {
      asked = undefined;
      return null;
    },
  ));
}

/** `here`: the address of the page, for tiles of the centre's own. */
export function source({ kind, tiles, min_zoom, max_zoom, bounds }: Base, here: string): SourceSpecification {
  const address = tiles.startsWith('/') ? here + tiles : tiles;
  const usual = { tiles: [address], minzoom: min_zoom, maxzoom: max_zoom, ...(bounds && { bounds: [...bounds] as [number, number, number, number] }) };
  return kind === 'vector' ? { type: 'vector', ...usual } : { type: 'raster', tileSize: TILE_PX, ...usual };
}

/** Greys only, so that what is wrong stays the one thing with a colour. */
export function drawn({ kind }: Base, colour: Colour, dark: boolean, font: readonly string[]): LayerSpecification[] {
  return kind === 'raster' ? [picture(dark)] : [...grounds(colour), ...names(colour, font)];
}

function picture(dark: boolean): RasterLayerSpecification {
  const shade = dark ? { 'raster-brightness-max': 0.45 } : { 'raster-opacity': 0.8 };
  return { id: SOURCE, type: 'raster', source: SOURCE, paint: { 'raster-saturation': -0.85, 'raster-fade-duration': 0, ...shade } };
}

function grounds(colour: Colour): LayerSpecification[] {
  const fill = (layer: string, name: string): LayerSpecification => ({
    ...of(layer, 'fill'),
    type: 'fill',
    filter: ['==', ['geometry-type'], 'Polygon'],
    paint: { 'fill-color': colour(name) },
  });
  const line = (layer: string, name: string, widths: readonly [number, number], dashed = false): LayerSpecification => ({
    ...of(layer, 'line'),
    type: 'line',
    filter: ['==', ['geometry-type'], 'LineString'],
    paint: {
      'line-color': colour(name),
      'line-width': ['interpolate', ['exponential', 1.5], ['zoom'], 10, widths[0], 18, widths[1]],
      ...(dashed && { 'line-dasharray': [3, 2] }),
    },
  });
  return [
    ...WATERS.map((one) => fill(one, 'well')),
    ...STREAMS.map((one) => line(one, 'well', [1, 4])),
    ...BUILDINGS.map((one) => fill(one, 'raised')),
    ...ROADS.map((one) => line(one, 'line', [0.75, 12])),
    ...BORDERS.map((one) => line(one, 'line-strong', [1, 1], true)),
  ];
}

function names(colour: Colour, font: readonly string[]): LayerSpecification[] {
  const name = (layer: string, placement: 'line' | 'point'): LayerSpecification => ({
    ...of(layer, 'name'),
    type: 'symbol',
    filter: ['has', 'name'],
    layout: { 'text-field': ['get', 'name'], 'text-font': [...font], 'text-size': 12, 'symbol-placement': placement },
    paint: { 'text-color': colour('ink-quiet'), 'text-halo-color': colour('ground'), 'text-halo-width': 1.5 },
  });
  return [...ROAD_NAMES.map((one) => name(one, 'line')), ...PLACE_NAMES.map((one) => name(one, 'point'))];
}

const of = (layer: string, as: string) => ({ id: `${SOURCE}-${as}-${layer}`, source: SOURCE, 'source-layer': layer });
