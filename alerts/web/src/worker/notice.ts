/** What a push becomes on the telephone: pure, so that it is tested without one. */

import { snapshotUrl } from '../lib/api';
import type { Incident, Severity } from '../lib/model';

/** What alerts/notifiers/web_push.py sends. */
export interface Pushed {
  version: number;
  id: string;
  action: 'trigger' | 'update' | 'acknowledge' | 'resolve';
  incident: string;
  number: number;
  kind: string;
  severity: Severity;
  title: string;
  body: string;
  opened_at: string;
  url: string;
  /** Empty where there is nothing to take. */
  answer_url: string;
  language: string;
}

/** `NotificationOptions` as browsers have them; TypeScript knows only what all of them have. */
export interface Notice extends NotificationOptions {
  actions?: { action: string; title: string }[];
  image?: string;
  renotify?: boolean;
  timestamp?: number;
  vibrate?: readonly number[];
}

/** Milliseconds of vibration and pause: the graver, the longer, and different enough to be known in a pocket. */
export const VIBRATIONS: Readonly<Record<Severity, readonly number[]>> = {
  1: [600, 150, 600, 150, 600, 400, 600, 150, 600],
  2: [300, 150, 300, 150, 300],
  3: [250],
};

const ACTIONS = { id: { take: 'Saya tangani', open: 'Lihat' }, en: { take: 'I take it', open: 'Look' } } as const;

/** Whether somebody is called, or hears of more on what they hold: then it sounds, and a picture is worth waiting for. */
export const isCall = ({ action }: Pushed): boolean => action === 'trigger' || action === 'update';

/**
 * All messages of one incident are one notification. A new one sounds and shakes by its severity; that somebody has it, or
 * that it is over, only changes the words.
 */
export function notificationFor(pushed: Pushed, image?: string): Notice {
  const calls = isCall(pushed);
  const words = ACTIONS[pushed.language === 'en' ? 'en' : 'id'];
  const takes = pushed.action === 'trigger' && pushed.answer_url !== '';
  const loud = calls && image === undefined;
  return {
    body: pushed.body,
    tag: pushed.incident,
    data: pushed,
    lang: pushed.language,
    icon: '/icon-192.png',
    badge: '/badge-96.png',
    timestamp: Date.parse(pushed.opened_at),
    requireInteraction: calls && pushed.severity === 1,
    renotify: loud,
    silent: !loud,
    ...(loud ? { vibrate: VIBRATIONS[pushed.severity] } : {}),
    ...(image === undefined ? {} : { image }),
    actions: [...(takes ? [{ action: 'take', title: words.take }] : []), { action: 'open', title: words.open }],
  };
}

export const placeOf = (incident: string): string => `/m#/kejadian/${encodeURIComponent(incident)}`;

export const pictureUrl = (incident: Incident): string | null =>
  incident.snapshot_event === null ? null : snapshotUrl(incident.snapshot_event);
