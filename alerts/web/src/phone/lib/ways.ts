/** Where things are, and how a telephone leads there. Positions in degrees, distances in metres. */

export interface Position {
  latitude: number;
  longitude: number;
}

const EARTH_M = 6_371_000;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** The great circle between two positions (haversine). */
export function distance(from: Position, to: Position): number {
  const a =
    Math.sin(radians(to.latitude - from.latitude) / 2) ** 2 +
    Math.cos(radians(from.latitude)) *
      Math.cos(radians(to.latitude)) *
      Math.sin(radians(to.longitude - from.longitude) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.sqrt(a));
}

/** As exact as one walks: tens of metres, tenths of kilometres. */
export const rounded = (metres: number): { metres: number } | { kilometres: number } =>
  metres < 1000 ? { metres: Math.round(metres / 10) * 10 } : { kilometres: Math.round(metres / 100) / 10 };

export const isIos = (agent: string, touchPoints: number): boolean =>
  /iPhone|iPad|iPod/.test(agent) || (agent.includes('Macintosh') && touchPoints > 1);

/** What opens the telephone's own maps: `geo:` on Android, `maps:` on iOS, a page of OpenStreetMap elsewhere. */
export function routeTo({ latitude, longitude }: Position, agent: string, touchPoints: number): string {
  const there = `${latitude},${longitude}`;
  if (isIos(agent, touchPoints)) return `maps:?daddr=${there}`;
  if (agent.includes('Android')) return `geo:${there}?q=${there}`;
  return `https://www.openstreetmap.org/directions?to=${there}`;
}

/** Where this telephone is; null where it may not say, or cannot within `patience` milliseconds. */
export function here(patience = 8000): Promise<(Position & { accuracy: number }) | null> {
  if (!('geolocation' in navigator)) return Promise.resolve(null);
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ latitude: coords.latitude, longitude: coords.longitude, accuracy: coords.accuracy }),
      () => resolve(null),
      { enableHighAccuracy: true, timeout: patience, maximumAge: 60_000 },
    );
  });
}
