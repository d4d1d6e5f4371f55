import type { Camera, Edge, Group } from './model';

/** A group with its cameras; `null` for the cameras that belong to none. */
export interface Part {
  group: Group | null;
  cameras: readonly Camera[];
}

/** An edge's cameras by their groups, in the centre's order; those of no group last. */
export function parts(edge: Edge): readonly Part[] {
  const grouped = edge.groups.map((group) => ({ group, cameras: edge.cameras.filter((one) => one.group === group.id) }));
  const rest = edge.cameras.filter((one) => !edge.groups.some((group) => group.id === one.group));
  return rest.length === 0 && grouped.length > 0 ? grouped : [...grouped, { group: null, cameras: rest }];
}

/** Whether nothing is wrong with a camera, as far as its edge can tell now. */
export const isWell = (edge: Edge, camera: Camera): boolean =>
  edge.online && camera.state === 'ok' && camera.troubles.length === 0;
