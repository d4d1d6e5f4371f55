/** The next turns of somebody, from shifts that come every week. Days and times are those of WIB, seven hours ahead of UTC. */

export interface Turn {
  /** 0 Monday to 6 Sunday. */
  days: number[];
  start: string;
  end: string;
  valid_from: string | null;
  valid_until: string | null;
}

/** One evening: its day as `2026-11-23`. */
export interface NextTurn {
  day: string;
  start: string;
  end: string;
}

const DAY_MS = 86_400_000;
const WIB_MS = 7 * 3_600_000;
const LOOK_DAYS = 28;

/** The turns that begin after `now`, the soonest first, at most `most`. */
export function nextTurns(shifts: readonly Turn[], now: number, most = 5): NextTurn[] {
  const local = new Date(now + WIB_MS).toISOString();
  const clock = local.slice(11, 16);
  const found: NextTurn[] = [];
  for (let ahead = 0; ahead < LOOK_DAYS && found.length < most; ahead++) {
    const date = new Date(now + WIB_MS + ahead * DAY_MS);
    const day = date.toISOString().slice(0, 10);
    const weekday = (date.getUTCDay() + 6) % 7;
    const that = shifts.filter((shift) => holds(shift, day, weekday) && (ahead > 0 || shift.start > clock));
    found.push(...that.map(({ start, end }) => ({ day, start, end })).sort((a, b) => a.start.localeCompare(b.start)));
  }
  return found.slice(0, most);
}

function holds(shift: Turn, day: string, weekday: number): boolean {
  return (
    shift.days.includes(weekday) &&
    (shift.valid_from === null || shift.valid_from <= day) &&
    (shift.valid_until === null || day <= shift.valid_until)
  );
}
