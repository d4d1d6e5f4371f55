import type { Camera, Edge, Group, Incident, IncidentDetail, LadderStep, Todo, User } from './model';

/** An incident for tests, with only what matters to one of them spelled out there. */
export function incident(parts: Partial<Incident> & { id: string }): Incident {
  return {
    number: 1,
    kind: 'intrusion',
    rule: 'halaman',
    severity: 2,
    source: 'camera',
    state: 'new',
    level: 2,
    resolution: null,
    merged_into: null,
    test: false,
    agency: '',
    unreached: false,
    summary: '',
    camera: { edge: 'demo', id: 'gerbang', name: 'Gerbang utama', area: '33.03.05.1003/RW02/RT04', area_name: 'RT 04 / RW 02 · Bancar' },
    opened_at: '2026-11-22T01:00:00Z',
    verified_at: null,
    dispatched_at: null,
    on_scene_at: null,
    updated_at: '2026-11-22T01:00:00Z',
    closed_at: null,
    event_count: 1,
    label: 'person',
    score: 0.8,
    snapshot_event: null,
    clip_event: null,
    acknowledged_by: null,
    acknowledged_at: null,
    claimant: null,
    last_event: { id: 'e', at: '2026-11-22T01:00:00Z' },
    ...parts,
  };
}

const here = { area: '33.03.05.1003', area_name: 'Purbalingga Lor' };

export function camera(parts: Partial<Camera>): Camera {
  return { ...here, id: 'gerbang', name: 'Gerbang', state: 'ok', reason: '', fps: 5, group: 'main', mode: 'armed', troubles: [], ...parts };
}

export function group(parts: Partial<Group>): Group {
  return { id: 'main', mode: 'armed', whole: true, wanted: null, refused: null, ...parts };
}

export function edge(parts: Partial<Edge>): Edge {
  return { ...here, id: 'pos-1', name: 'Pos', online: true, seen_at: null, groups: [], cameras: [], outbox_events: 0, events_lost: 0, events_rewound: 0, outbox_damaged: false, ...parts };
}

export function user(parts: Partial<User>): User {
  return { name: 'siti', display_name: 'Siti', role: 'operator', area: '33.03', area_name: 'Kabupaten Purbalingga', must_set_password: false, ...parts };
}

export function todo(parts: Partial<Todo> & { id: string }): Todo {
  return { text: { id: 'Lihat gambar', en: 'Look at the picture' }, required: true, done_at: null, done_by: null, ...parts };
}

export function ladderStep(parts: Partial<LadderStep>): LadderStep {
  return { ladder: 1, rule: 'neighbourhood', state: 'waiting', due_at: '2026-11-22T01:01:00Z', done_at: null, roles: ['rt'], users: [], until: 'claimed', note: '', ...parts };
}

export function detail(parts: Partial<IncidentDetail>): IncidentDetail {
  return { incident: incident({ id: 'a' }), events: [], log: [], procedure: [], ladder: [], told: [], earlier: [], cameras: [], ...parts };
}
