/** Which incidents an operator may want to put together: pure, so that it is tested without a page. */

import type { Incident } from './model';
import { isOpen, type Incidents } from './queue';

/** As many as fit into a sheet; what is farther off hardly is the same. */
const MANY = 8;

/** How many levels of the tree of areas two places have in common. */
function nearness(one: string, other: string): number {
  const parts = one.split(/[./]/);
  const others = other.split(/[./]/);
  const differs = parts.findIndex((part, index) => part !== others[index]);
  return differs < 0 ? parts.length : differs;
}

/** Open incidents into which this one may be put: the nearest first, then those nearest in time. */
export function companions(incidents: Incidents, incident: Incident): readonly Incident[] {
  const apart = (other: Incident): number => Math.abs(Date.parse(other.last_event.at) - Date.parse(incident.last_event.at));
  const near = (other: Incident): number => nearness(other.camera.area, incident.camera.area);
  return [...incidents.values()]
    .filter((other) => other.id !== incident.id && isOpen(other) && other.test === incident.test)
    .sort((a, b) => near(b) - near(a) || apart(a) - apart(b))
    .slice(0, MANY);
}
