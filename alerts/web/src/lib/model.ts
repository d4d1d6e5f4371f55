/** What the centre's HTTP API says, as it says it. Times are ISO 8601 in UTC. */

export type Severity = 1 | 2 | 3;
export type IncidentState = 'new' | 'acknowledged' | 'closed';
export type Resolution = 'resolved' | 'false' | 'test';

export interface User {
  name: string;
  display_name: string;
  role: 'operator' | 'admin' | 'auditor';
  area: string;
  area_name: string;
  must_set_password: boolean;
}

export interface Place {
  area: string;
  area_name: string;
}

export interface Incident {
  id: string;
  number: number;
  kind: string;
  rule: string;
  severity: Severity;
  state: IncidentState;
  resolution: Resolution | null;
  camera: Place & { edge: string; id: string; name: string };
  opened_at: string;
  updated_at: string;
  closed_at: string | null;
  event_count: number;
  label: string;
  score: number;
  snapshot_event: string | null;
  clip_event: string | null;
  acknowledged_by: string | null;
  acknowledged_at: string | null;
  last_event: { id: string; at: string };
}

export interface IncidentEvent {
  id: string;
  at: string;
  kind: string;
  label: string;
  score: number;
  severity: Severity;
  /** Left, top, right, bottom as fractions of the picture. */
  box: [number, number, number, number];
  snapshot: boolean;
  clip: boolean;
}

export interface LogLine {
  at: string;
  who: string | null;
  action: 'opened' | 'acknowledged' | 'closed';
  note: string | null;
}

export interface IncidentDetail {
  incident: Incident;
  events: IncidentEvent[];
  log: LogLine[];
}

export const MODES = ['armed', 'night', 'mudik', 'disarmed'] as const;
export type Mode = (typeof MODES)[number];

/** A mode that somebody wanted a group in. */
export interface Order {
  mode: Mode;
  by: string;
  since: string;
}

/** Cameras that are armed together. */
export interface Group {
  id: string;
  /** Null while the device has told none, or not the same for all cameras. */
  mode: string | null;
  /** Whether all its cameras lie within the user's area. */
  whole: boolean;
  wanted: Order | null;
  refused: (Order & { reason: string }) | null;
}

export interface Camera extends Place {
  id: string;
  name: string;
  state: 'ok' | 'connecting' | 'failed';
  reason: string;
  fps: number;
  group: string;
  mode: string | null;
  /** Kinds of camera health that are bad now. */
  troubles: readonly string[];
}

export interface Edge extends Place {
  id: string;
  name: string;
  online: boolean;
  seen_at: string | null;
  groups: Group[];
  cameras: Camera[];
  outbox_events: number;
}

export const mayAct = (user: User): boolean => user.role !== 'auditor';
