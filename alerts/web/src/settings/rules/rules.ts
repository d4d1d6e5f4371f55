/** What is looked for on a camera, as the centre tells it and as it is given there. */

import { call } from '../../lib/api';
import type { Camera, Severity } from '../../lib/model';

/** A place in the picture: shares of its width and height, from the left and from the top. */
export type Point = readonly [x: number, y: number];

export type RuleMode = 'armed' | 'night' | 'mudik' | 'disarmed';
export type Direction = 'both' | 'left' | 'right';

/** One rule, in full, as an edge tells it. */
export interface Rule {
  id: string;
  kind: string;
  zone: readonly Point[];
  line: readonly Point[];
  direction: Direction;
  dwell_s: number;
  size: number;
  count: number;
  classes: readonly string[];
  schedule: readonly string[];
  modes: readonly RuleMode[];
  severity: Severity;
  cooldown_s: number;
}

export type OrderState = 'waiting' | 'applied' | 'refused' | 'replaced';

/** What somebody wanted of a camera's edge; `count` null brought the edge's own file back. */
export interface Entry {
  version: number;
  count: number | null;
  by: string;
  at: string;
  state: OrderState;
  answered_at: string | null;
  note: string;
}

export interface CameraRules {
  edge: { id: string; name: string; online: boolean };
  camera: Camera;
  /** Whether an installer may look through it now. */
  on_test: boolean;
  /** An older program on the edge does not know such orders. */
  takes_rules: boolean;
  running: { source: 'file' | 'centre'; version: number; digest: string; since: string; rules: Rule[] | null; note: string } | null;
  order: (Entry & { rules: readonly Partial<Rule>[] | null }) | null;
  picture: { event: string; at: string } | null;
  log: readonly Entry[];
}

const part = encodeURIComponent;
const path = (edge: string, camera: string): string => `edges/${part(edge)}/cameras/${part(camera)}/rules`;

export const cameraRules = {
  of: (edge: string, camera: string) => call<CameraRules>('GET', path(edge, camera)),
  put: (edge: string, camera: string, rules: readonly object[], seen: number) =>
    call<CameraRules>('PUT', `${path(edge, camera)}?seen=${seen}`, { rules }),
  drop: (edge: string, camera: string, seen: number) => call<CameraRules>('DELETE', `${path(edge, camera)}?seen=${seen}`),
  /** Puts a camera on test, so that who set it up may look through it. */
  test: (edge: string, camera: string, area: string, until: string, reason: string) =>
    call<unknown>('POST', 'silences', { purpose: 'test', area, edge, camera, until, reason }),
};
