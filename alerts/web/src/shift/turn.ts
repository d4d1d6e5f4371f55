/** What is told at a change of shift: pure functions over what the console knows. */

import type { Edge, Incident } from '../lib/model';
import { isWell } from '../lib/groups';
import { ordered, type Incidents } from '../lib/queue';

export const TURN_HOURS = 8;

export interface Turn {
  /** What this user has taken. */
  mine: Incident[];
  /** What nobody has taken. */
  untaken: Incident[];
  /** What others have. */
  others: Incident[];
  /** Opened in the last hours, and of those that are over how many ended how. */
  opened: number;
  ended: readonly (readonly [resolution: string, count: number])[];
  troubles: readonly { key: string; name: string; place: string; kinds: readonly string[] }[];
}

export function turn(incidents: Incidents, edges: readonly Edge[], user: string, now: number): Turn {
  const open = ordered(incidents, 'open').filter(({ test }) => !test);
  const since = now - TURN_HOURS * 3_600_000;
  const lately = [...incidents.values()].filter(({ test }) => !test);
  const ended = new Map<string, number>();
  for (const { closed_at, resolution } of lately) {
    if (closed_at === null || resolution === null || Date.parse(closed_at) < since) continue;
    ended.set(resolution, (ended.get(resolution) ?? 0) + 1);
  }
  return {
    mine: open.filter(({ claimant }) => claimant === user),
    untaken: open.filter(({ claimant }) => claimant === null),
    others: open.filter(({ claimant }) => claimant !== null && claimant !== user),
    opened: lately.filter(({ opened_at }) => Date.parse(opened_at) >= since).length,
    ended: [...ended].sort((a, b) => b[1] - a[1]),
    troubles: edges.flatMap((edge) =>
      edge.online
        ? edge.cameras
            .filter((one) => !isWell(edge, one))
            .map((one) => ({
              key: `${edge.id}/${one.id}`,
              name: one.name,
              place: one.area_name,
              kinds: one.state === 'ok' ? one.troubles : ['silent'],
            }))
        : [{ key: edge.id, name: edge.name, place: edge.area_name, kinds: ['edge_silent'] }],
    ),
  };
}
