/** What an incident sounds like: pure, so that it is tested without a loudspeaker. */

import type { Incident, Severity } from './model';
import { isWaiting, type Incidents } from './queue';

export interface Note {
  /** Seconds after the beginning. */
  at: number;
  /** Seconds. */
  length: number;
  hertz: number;
  /** 0 to 1. */
  loudness: number;
}

/** Between two soundings of what nobody has taken. */
export const AGAIN_MS = 5000;

const note = (at: number, hertz: number, length: number, loudness: number): Note => ({ at, hertz, length, loudness });

/**
 * The graver, the higher, the longer and the louder, so that it is known without a look. Tones lie between 500 and 1,000 Hz
 * with pulses in bursts, as IEC 60601-1-8 has it for alarms of high (ten pulses), medium (three) and low priority (one).
 */
export const MELODIES: Readonly<Record<Severity, readonly Note[]>> = {
  1: [0, 0.18, 0.36, 0.72, 0.9, 1.5, 1.68, 1.86, 2.22, 2.4].map((at, index) => note(at, index % 5 < 3 ? 784 : 988, 0.14, 0.5)),
  2: [0, 0.25, 0.5].map((at) => note(at, 659, 0.18, 0.3)),
  3: [note(0, 523, 0.25, 0.18)],
};

export const lasts = (severity: Severity): number => Math.max(...MELODIES[severity].map(({ at, length }) => at + length));

/** Whether an incident may sound at all: tests call nobody, and the gravest is heard by everybody. */
export const sounds = (incident: Incident, muted: boolean): boolean => !incident.test && (incident.severity === 1 || !muted);

/** What sounds for a change of the incidents: the gravest that is new and waits, or became graver while it waits. */
export function heard(before: Incidents, now: Incidents, muted: boolean): Severity | null {
  const news = [...now.values()].filter((one) => {
    const was = before.get(one.id);
    return one !== was && isWaiting(one) && sounds(one, muted) && (was === undefined || one.severity < was.severity);
  });
  return news.reduce<Severity | null>((least, { severity }) => (least === null || severity < least ? severity : least), null);
}

/** Whether one of the gravest waits: it goes on sounding until somebody takes it. */
export const insists = (incidents: Incidents): boolean =>
  [...incidents.values()].some((one) => one.severity === 1 && isWaiting(one) && sounds(one, true));
