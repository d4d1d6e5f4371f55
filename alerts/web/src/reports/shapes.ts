/** Figures of an area and some days, as alerts/reporting/figures.py tells them. */

import { call } from '../lib/api';

export interface Share {
  part: number;
  whole: number;
  share: number | null;
  low: number | null;
  high: number | null;
}

export interface Times {
  count: number;
  p50: number | null;
  p90: number | null;
  p95: number | null;
}

export const SPANS = ['answer', 'handling', 'dispatch', 'arrive', 'close'] as const;
export type Span = (typeof SPANS)[number];

export interface Clock {
  name: string;
  span: Span;
  seconds: number;
  /** Percent of the time, where the clock's source says so. */
  wanted: number | null;
}

export interface Summary {
  alarms: number;
  trouble: number;
  tests: number;
  silenced: number;
  signals: number;
  verified: number;
  kinds: Record<string, number>;
  severities: Record<string, number>;
  precision: Share;
  times: Record<Span, Times>;
  clocks: { clock: Clock; kept: Share }[];
}

export interface Group {
  name: string;
  figures: Summary;
  area?: string;
  agency?: string;
  edge?: string;
  camera?: string;
  rule?: string;
}

export interface Trouble {
  edge: string;
  camera: string;
  times: number;
  hours: number;
}

export interface Figures {
  area: string;
  area_name: string;
  first: string;
  last: string;
  made_at: string;
  partial: boolean;
  total: Summary;
  hours: number[];
  areas: Group[];
  agencies: Group[];
  cameras: Group[];
  cameras_in_all: number;
  rules: Group[];
  rules_in_all: number;
  reports: { count: number; urgent: number; within_day: Share; rating: number | null; ratings: number };
  coverage: { covered: Share; missing: { id: string; name: string; area: string }[] };
  health: {
    cameras: number;
    edges: number;
    edges_online_now: number;
    camera_hours: number;
    trouble_hours: number;
    silent_times: number;
    silent_hours: number;
    worst_cameras: Trouble[];
    silent_edges: Trouble[];
  };
  load: {
    alarms: number;
    consoles: number;
    per_hour: number | null;
    worst_10_minutes: number;
    floods: Share;
    wanted_per_hour: number;
    wanted_10_minutes: number;
  };
  ronda: { check_ins: number; people: number };
  indicators: { dimension: string; name: string; value: number | null; unit: 'share' | 'count' | 'stars' | ''; note: string }[];
}

export interface Suggestion {
  edge: string;
  camera: string;
  rule: string;
  verdicts: number;
  text: { id: string; en: string };
}

/** What is asked for: days in WIB as `2026-10-31`, both inside, and an area ('' is one's own). */
export interface Asked {
  first: string;
  last: string;
  area: string;
}

const query = ({ first, last, area }: Asked): string =>
  new URLSearchParams({ from: first, to: last, ...(area === '' ? {} : { area }) }).toString();

export const figures = async (asked: Asked): Promise<Figures> =>
  (await call<{ figures: Figures }>('GET', `figures?${query(asked)}`)).figures;
export const suggestions = async (): Promise<Suggestion[]> =>
  (await call<{ suggestions: Suggestion[] }>('GET', 'suggestions')).suggestions;

export const fileUrl = (asked: Asked, form: 'pdf' | 'csv'): string => `/api/v1/figures.${form}?${query(asked)}`;
export const exportUrl = (asked: Asked, form: 'csv' | 'parquet'): string => `/api/v1/exports/incidents.${form}?${query(asked)}`;
