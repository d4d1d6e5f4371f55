import { afterEach, beforeEach, describe, expect, it, vi, type Mock } from 'vitest';

import { incident } from './samples';
import { follow, SILENCE_MS, type StreamHandlers } from './stream';

/** An event source that does nothing by itself. */
class Source extends EventTarget {
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(readonly url: string) {
    super();
  }

  close(): void {
    this.readyState = 2;
  }

  say(name: string, data: unknown, lastEventId = ''): void {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data), lastEventId }));
  }

  refuse(): void {
    this.readyState = 2;
    this.onerror?.();
  }
}

let opened: Source[];
let handlers: { [name in keyof StreamHandlers]: Mock<StreamHandlers[name]> };

const newest = (): Source => opened.at(-1) as Source;

function start(after: number): () => void {
  return follow(after, handlers, (url) => {
    opened.push(new Source(url));
    return newest() as unknown as EventSource;
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', { CLOSED: 2 });
  opened = [];
  handlers = {
    incident: vi.fn(),
    edge: vi.fn(),
    opened: vi.fn(),
    reset: vi.fn(),
    heard: vi.fn(),
    refused: vi.fn(),
  };
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the stream', () => {
  it('hands incidents on and counts a ping as a sign of life', () => {
    const stop = start(5);
    newest().say('incident', incident({ id: 'a' }), '6');
    newest().say('ping', null);
    expect(handlers.incident).toHaveBeenCalledWith(expect.objectContaining({ id: 'a' }));
    expect(handlers.heard).toHaveBeenCalledTimes(2);
    stop();
  });

  it('starts where the lists ended and goes on from the last message after a refusal', () => {
    const stop = start(5);
    expect(newest().url).toBe('/api/v1/stream?after=5');
    newest().say('incident', incident({ id: 'a' }), '9');
    newest().refuse();
    expect(handlers.refused).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(1000);
    expect(opened).toHaveLength(2);
    expect(newest().url).toBe('/api/v1/stream?after=9');
    stop();
  });

  it('leaves a broken connection to the browser, which resumes by itself', () => {
    const stop = start(5);
    newest().readyState = 0;
    newest().onerror?.();
    vi.advanceTimersByTime(8000);
    expect(opened).toHaveLength(1);
    expect(handlers.refused).not.toHaveBeenCalled();
    stop();
  });

  it('opens a silent connection anew', () => {
    const stop = start(5);
    vi.advanceTimersByTime(SILENCE_MS);
    expect(opened).toHaveLength(2);
    expect(opened[0]?.readyState).toBe(2);
    stop();
  });

  it('stays closed once stopped', () => {
    start(5)();
    vi.advanceTimersByTime(10 * SILENCE_MS);
    expect(opened).toHaveLength(1);
    expect(newest().readyState).toBe(2);
  });
});
