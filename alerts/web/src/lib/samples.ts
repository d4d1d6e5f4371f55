import type { Camera, Edge, Group, Incident } from './model';

/** An incident for tests, with only what matters to one of them spelled out there. */
export function incident(parts: Partial<Incident> & { id: string }): Incident {
  return {
    number: 1,
    kind: 'intrusion',
    rule: 'halaman',
    severity: 2,
    state: 'new',
    resolution: null,
    camera: { edge: 'demo', id: 'gerbang', name: 'Gerbang utama', area: '33.03.05.1003/RW02/RT04', area_name: 'RT 04 / RW 02 · Bancar' },
    opened_at: '2026-11-22T01:00:00Z',
    updated_at: '2026-11-22T01:00:00Z',
    closed_at: null,
    event_count: 1,
    label: 'person',
    score: 0.8,
    snapshot_event: null,
    clip_event: null,
    acknowledged_by: null,
    acknowledged_at: null,
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
  return { ...here, id: 'pos-1', name: 'Pos', online: true, seen_at: null, groups: [], cameras: [], outbox_events: 0, ...parts };
}
