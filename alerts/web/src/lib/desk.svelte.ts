import { api, ApiError, serverNow } from './api';
import { outdated } from './ladder';
import type { Edge, Incident, IncidentDetail, Mode } from './model';
import { isOpen, merge, NONE, type Incidents } from './queue';
import { session } from './session.svelte';
import { follow } from './stream';

/** Silence after which people are told; the centre pings every 5 s. */
const DEAF_MS = 10_000;
const RETRY_MS = 5000;
/** Work that is open is shown whole, as far as the centre gives it; of what is over, the last. */
const MOST_OPEN = 1000;
const MOST_CLOSED = 200;

export type Loading = 'loading' | 'ready' | 'failed';

/**
 * The one place that holds what the console shows: incidents, edges, the selected incident and the stream's health.
 * Create one for a signed-in user, `start` it, and call what that returns when the user goes.
 */
export class Desk {
  incidents = $state.raw<Incidents>(NONE);
  edges = $state.raw<readonly Edge[]>([]);
  loading = $state<Loading>('loading');
  /** The code of the error that `failed` stands for. */
  trouble = $state('other');
  selected = $state<string | null>(null);
  detail = $state.raw<IncidentDetail | null>(null);
  detailTrouble = $state<string | null>(null);
  heardAt = $state(serverNow());
  connected = $state(false);
  /** The newest incident that came in while we watched, to be announced. */
  arrived = $state.raw<Incident | null>(null);

  #stopStream: () => void = () => undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  #detailBusy = false;
  #detailStale = false;
  #edgesTold = 0;

  start(): () => void {
    void this.load();
    return () => {
      this.#stopped = true;
      clearTimeout(this.#retry);
      this.#stopStream();
    };
  }

  deaf(now: number): boolean {
    return now - this.heardAt >= DEAF_MS;
  }

  get current(): Incident | null {
    return this.selected === null ? null : (this.incidents.get(this.selected) ?? this.#shownDetail?.incident ?? null);
  }

  get #shownDetail(): IncidentDetail | null {
    return this.detail?.incident.id === this.selected ? this.detail : null;
  }

  async load(): Promise<void> {
    clearTimeout(this.#retry);
    if (this.loading === 'failed') this.loading = 'loading';
    try {
      const [open, closed, { edges }] = await Promise.all([
        api.incidents('open', MOST_OPEN),
        api.incidents('closed', MOST_CLOSED),
        api.edges(),
      ]);
      if (this.#stopped) return;
      this.incidents = merge(NONE, [...closed.incidents, ...open.incidents]);
      this.edges = edges;
      this.loading = 'ready';
      this.#listen(Math.min(open.feed, closed.feed));
      this.#refresh();
    } catch (error) {
      if (this.#stopped || session.endsWith(error)) return;
      this.trouble = codeOf(error);
      // Rows that are there stay: old ones are better than none, and the bar says that they are old.
      if (this.incidents.size === 0) this.loading = 'failed';
      this.#retry = setTimeout(() => void this.load(), RETRY_MS);
    }
  }

  #listen(after: number): void {
    this.#stopStream();
    this.#stopStream = follow(after, {
      incident: (incident) => this.take(incident),
      edge: (edge) => {
        this.#edgesTold += 1;
        this.edges = [...this.edges.filter((one) => one.id !== edge.id), edge];
      },
      opened: () => {
        this.connected = true;
        this.heardAt = serverNow();
        void this.#readEdges();
      },
      reset: () => void this.load(),
      heard: () => {
        this.connected = true;
        this.heardAt = serverNow();
      },
      refused: () => {
        this.connected = false;
        void this.#stillSignedIn();
      },
    });
  }

  /** Edges are told as they are now, not replayed, so they are read anew whenever the stream opens. */
  async #readEdges(): Promise<void> {
    try {
      for (;;) {
        const told = this.#edgesTold;
        const { edges } = await api.edges();
        if (told !== this.#edgesTold) continue; // what the stream said meanwhile may be newer
        this.edges = edges;
        return;
      }
    } catch (error) {
      session.endsWith(error);
    }
  }

  async #stillSignedIn(): Promise<void> {
    try {
      await api.session();
    } catch (error) {
      session.endsWith(error);
    }
  }

  /** Puts in an incident that the centre told us about. */
  take(incident: Incident): void {
    const unknown = !this.incidents.has(incident.id);
    const merged = merge(this.incidents, [incident]);
    if (merged === this.incidents) return;
    this.incidents = merged;
    if (unknown && isOpen(incident)) this.arrived = incident;
    if (incident.id === this.selected) this.#refresh();
  }

  select(id: string | null): void {
    if (id === this.selected) return;
    this.selected = id;
    this.detail = null;
    this.#refresh();
  }

  /** Reads the selected incident's events and history; calls that come while one is under way fold into one. */
  #refresh(): void {
    if (this.#detailBusy) this.#detailStale = true;
    else void this.readDetail();
  }

  async readDetail(): Promise<void> {
    const id = this.selected;
    this.detailTrouble = null;
    if (id === null) return;
    this.#detailBusy = true;
    this.#detailStale = false;
    try {
      const detail = await api.incident(id);
      if (id === this.selected) this.detail = detail;
    } catch (error) {
      if (!session.endsWith(error) && id === this.selected) this.detailTrouble = codeOf(error, 'gone');
    } finally {
      this.#detailBusy = false;
      if (this.#detailStale || id !== this.selected) void this.readDetail();
    }
  }

  /** Reads the selected incident anew where somebody may have been told of it: of that comes no word by the stream. */
  catchUp(now: number): void {
    const shown = this.#shownDetail;
    if (shown !== null && outdated(shown, now)) this.#refresh();
  }

  /** Wants a group of cameras in a mode; everybody is told by the stream. Throws ApiError when the centre refuses. */
  async arm(edge: string, group: string, mode: Mode): Promise<void> {
    await api.arm(edge, group, mode);
    void this.#readEdges();
  }

  /**
   * Does something with an incident, which `call` asks the centre for. Throws ApiError when it refuses, after the true
   * state has been read; answers with the incident as the centre has it then, null when the session is over.
   */
  async act(id: string, call: () => Promise<{ incident: Incident }>): Promise<Incident | null> {
    try {
      const { incident } = await call();
      this.take(incident);
      return incident;
    } catch (error) {
      if (session.endsWith(error)) return null;
      if (error instanceof ApiError && error.status === 409) this.take((await api.incident(id)).incident);
      throw error;
    }
  }
}

export function codeOf(error: unknown, notFound = 'other'): string {
  if (!(error instanceof ApiError)) return 'other';
  if (error.status === 404) return notFound;
  return error.status === 403 ? 'forbidden' : error.code;
}
