/** What the centre's HTTP API says, as it says it. Times are ISO 8601 in UTC. */

export type Severity = 1 | 2 | 3;
export const SEVERITIES: readonly Severity[] = [1, 2, 3];
/** In the order in which an incident passes through them; some may be left out. */
export const STATES = ['new', 'verified', 'dispatched', 'on_scene', 'closed'] as const;
export type IncidentState = (typeof STATES)[number];
/** Verification levels of ANSI/TMA-AVS-01; a machine says at most 2. */
export const LEVELS = [0, 1, 2, 3, 4] as const;
export type Level = (typeof LEVELS)[number];
/** How a person ends an incident; the centre itself also ends those that were merged or silenced. */
export type Closing = 'resolved' | 'false' | 'test';
export type Resolution = Closing | 'merged' | 'silenced';
/** What people are to the centre. */
export const ROLES = [
  'resident',
  'ronda',
  'linmas',
  'rt',
  'rw',
  'bhabinkamtibmas',
  'polsek',
  'polres',
  'satpolpp',
  'damkar',
  'bpbd',
  'installer',
  'operator',
  'admin',
  'auditor',
] as const;
export type Role = (typeof ROLES)[number];
export type Source = 'camera' | 'report' | 'centre' | 'agency';
/** Whom an operator sends, or gives an incident to. */
export const AGENCIES = ['polsek', 'satpolpp', 'damkar', 'bpbd', 'rt', 'ronda'] as const;
/** Who takes an incident over: an agency, the command centre, or the next shift of one's own. */
export const HEIRS = [...AGENCIES, 'operator', 'shift'] as const;

export interface User {
  name: string;
  display_name: string;
  role: Role;
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
  source: Source;
  state: IncidentState;
  level: Level;
  resolution: Resolution | null;
  merged_into: string | null;
  /** Came while an installer was at work: it is shown, and calls nobody. */
  test: boolean;
  /** Who was sent, or took it over; empty for nobody yet. */
  agency: string;
  /** Nobody on its ladder could be told. */
  unreached: boolean;
  /** What a person wrote; empty for a camera's incident. */
  summary: string;
  /** Empty but for the place where no camera saw it. */
  camera: Place & { edge: string; id: string; name: string };
  opened_at: string;
  verified_at: string | null;
  dispatched_at: string | null;
  on_scene_at: string | null;
  updated_at: string;
  closed_at: string | null;
  event_count: number;
  label: string;
  score: number;
  snapshot_event: string | null;
  clip_event: string | null;
  acknowledged_by: string | null;
  acknowledged_at: string | null;
  /** The user's name of who has it; `acknowledged_by` is as people see it. */
  claimant: string | null;
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
  action: string;
  note: string | null;
}

/** A step of the procedure. */
export interface Todo {
  id: string;
  text: { id: string; en: string };
  required: boolean;
  done_at: string | null;
  done_by: string | null;
}

/** A step of the ladder: who is told, and when. */
export interface LadderStep {
  ladder: number;
  rule: string;
  state: 'waiting' | 'held' | 'done' | 'skipped';
  /** Null while it counts from a claim that nobody has made. */
  due_at: string | null;
  done_at: string | null;
  roles: string[];
  users: string[];
  until: 'claimed' | 'on_scene' | 'closed';
  note: string;
}

/** One person told, over one channel. */
export interface Notice {
  id: string;
  user: string;
  display_name: string;
  role: string;
  channel: string;
  action: 'trigger' | 'update' | 'acknowledge' | 'resolve';
  state: 'waiting' | 'sent' | 'delivered' | 'failed';
  attempts: number;
  error: string;
  made_at: string;
  sent_at: string | null;
  delivered_at: string | null;
  answered_at: string | null;
}

export interface Earlier {
  id: string;
  number: number;
  kind: string;
  severity: Severity;
  state: IncidentState;
  resolution: Resolution | null;
  why: string;
  opened_at: string;
}

/** What one camera has to do with an incident. */
export interface CameraPart {
  edge: string;
  id: string;
  name: string;
  area: string;
  first_at: string;
  last_at: string;
}

/** What a resident told. */
export interface Report extends Place {
  id: string;
  kind: string;
  urgent: boolean;
  text: string;
  position: { latitude: number; longitude: number } | null;
  photo: boolean;
  received_at: string;
  user: string;
  standing: 'new' | 'trusted' | 'doubted';
}

export interface IncidentDetail {
  incident: Incident;
  events: IncidentEvent[];
  log: LogLine[];
  procedure: Todo[];
  ladder: LadderStep[];
  told: Notice[];
  earlier: Earlier[];
  cameras: CameraPart[];
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
  /** Events that it had and that nobody has any more. */
  events_lost: number;
  /** Events under numbers that others had: its disk was set back. */
  events_rewound: number;
  /** Its store was damaged and is replaced; what was damaged is kept there. */
  outbox_damaged: boolean;
}
