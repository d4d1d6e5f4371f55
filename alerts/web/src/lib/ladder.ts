/** Who is told of an incident next: pure, so that it is tested without a page. */

import type { Incident, IncidentDetail, LadderStep } from './model';

/** Whether the incident has come so far already that a step tells nobody. */
function overtaken(step: LadderStep, incident: Incident): boolean {
  if (incident.state === 'closed') return true;
  if (step.until === 'closed') return false;
  if (incident.on_scene_at !== null) return true;
  return step.until === 'claimed' && (incident.acknowledged_at !== null || incident.dispatched_at !== null);
}

/** The steps that will still tell somebody, the next first; those that wait for a claim last. */
export function ahead({ incident, ladder }: Pick<IncidentDetail, 'incident' | 'ladder'>): readonly LadderStep[] {
  const due = (step: LadderStep): number => (step.due_at === null ? Infinity : Date.parse(step.due_at));
  return ladder
    .filter((step) => (step.state === 'waiting' || step.state === 'held') && !overtaken(step, incident))
    .sort((a, b) => Number(due(a) > due(b)) - Number(due(a) < due(b)));
}

/** Whether the centre is likely to have told somebody since `detail` was read: it sends no word of that itself. */
export function outdated(detail: IncidentDetail, now: number): boolean {
  const next = ahead(detail)[0];
  const due = next !== undefined && next.due_at !== null && Date.parse(next.due_at) < now;
  return due || detail.told.some((notice) => notice.state === 'waiting');
}
