import { streamUrl } from './api';
import type { Edge, Incident } from './model';

/** Silence after which the connection is taken for dead and opened anew (the centre pings every 5 s). */
export const SILENCE_MS = 15_000;
const RETRY_MS = [1000, 2000, 4000, 8000] as const;

export interface StreamHandlers {
  incident(incident: Incident): void;
  edge(edge: Edge): void;
  /** The connection stands (again): what has no replay should be read anew. */
  opened(): void;
  /** The centre cannot replay from where we were. */
  reset(): void;
  /** Anything at all came in. */
  heard(): void;
  /** The centre refused the connection; the session may have ended. */
  refused(): void;
}

/**
 * Follows the feed from `after` on and returns the way to stop.
 *
 * The browser reconnects by itself, with Last-Event-ID, when a connection breaks. It gives up for good when the centre
 * answers with an error, and notices nothing when a connection goes silent: those two are handled here.
 */
export function follow(
  after: number,
  handlers: StreamHandlers,
  open: (url: string) => EventSource = (url) => new EventSource(url),
): () => void {
  let position = after;
  let attempts = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let source = connect();

  function later(delay: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      source.close();
      source = connect();
    }, delay);
  }

  function heard(event: MessageEvent<string>): void {
    attempts = 0;
    if (event.lastEventId !== '') position = Math.max(position, Number(event.lastEventId) || 0);
    later(SILENCE_MS);
    handlers.heard();
  }

  function connect(): EventSource {
    const next = open(streamUrl(position));
    const on = (name: string, act: (data: string) => void) =>
      next.addEventListener(name, (event: MessageEvent<string>) => {
        heard(event);
        act(event.data);
      });
    on('incident', (data) => handlers.incident(JSON.parse(data) as Incident));
    on('edge', (data) => handlers.edge(JSON.parse(data) as Edge));
    on('reset', () => handlers.reset());
    on('ping', () => undefined);
    next.onopen = () => handlers.opened();
    next.onerror = () => {
      if (next.readyState !== EventSource.CLOSED) return;
      later(RETRY_MS[Math.min(attempts++, RETRY_MS.length - 1)] ?? SILENCE_MS);
      handlers.refused();
    };
    later(SILENCE_MS);
    return next;
  }

  return () => {
    clearTimeout(timer);
    source.close();
  };
}
