import type { Incident } from './model';

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
