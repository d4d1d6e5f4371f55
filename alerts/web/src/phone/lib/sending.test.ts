import { describe, expect, it } from 'vitest';

import { send, type Outbox } from './sending';
import type { Waiting } from './store';

const NOW = Date.parse('2026-11-22T16:10:00Z');

const one = (id: string, parts: Partial<Waiting> = {}): Waiting => ({
  id,
  user: 'siti',
  what: 'verdict',
  incident: 'i1',
  method: 'POST',
  path: 'incidents/i1/verdict',
  body: { verdict: 'safe' },
  made: NOW - 1000,
  ...parts,
});

function outbox(...items: Waiting[]): Outbox & { left: Map<string, Waiting> } {
  const left = new Map(items.map((item) => [item.id, item]));
  return {
    left,
    all: () => Promise.resolve([...left.values()]),
    put: (item) => Promise.resolve(left.set(item.id, item)),
    drop: (id) => Promise.resolve(left.delete(id)),
  };
}

const reply = (status: number, body: unknown = {}): Response => new Response(JSON.stringify(body), { status });

describe('what waits for a signal', () => {
  it('is sent in order and forgotten', async () => {
    const box = outbox(one('a'), one('b', { path: 'reports' }));
    const paths: string[] = [];
    const sent = await send(box, 'siti', NOW, (path) => Promise.resolve((paths.push(path), reply(200, { fine: true }))));
    expect(paths).toEqual(['/api/v1/incidents/i1/verdict', '/api/v1/reports']);
    expect(sent.map(({ answer }) => answer)).toEqual([{ fine: true }, { fine: true }]);
    expect(box.left.size).toBe(0);
  });

  it.each([401, 429, 500, 503])('stays, with all after it, when the centre says %i', async (status) => {
    const box = outbox(one('a'), one('b'));
    let calls = 0;
    expect(await send(box, 'siti', NOW, () => Promise.resolve((calls++, reply(status))))).toEqual([]);
    expect([calls, box.left.size]).toEqual([1, 2]);
  });

  it('stays when no reply comes', async () => {
    const box = outbox(one('a'));
    expect(await send(box, 'siti', NOW, () => Promise.reject(new TypeError('offline')))).toEqual([]);
    expect(box.left.size).toBe(1);
  });

  it('is kept with its refusal, and not sent again', async () => {
    const box = outbox(one('a'), one('b'));
    const refuse = (): Promise<Response> => Promise.resolve(reply(409, { error: { code: 'steps_missing', message: '' } }));
    expect((await send(box, 'siti', NOW, refuse)).map(({ refused }) => refused)).toEqual(['steps_missing', 'steps_missing']);
    expect(await send(box, 'siti', NOW, refuse)).toEqual([]);
    expect(box.left.get('a')?.refused).toBe('steps_missing');
  });

  it('is never sent in the name of another', async () => {
    const box = outbox(one('a', { user: 'budi' }));
    expect(await send(box, 'siti', NOW, () => Promise.reject(new Error('sent')))).toEqual([]);
  });

  it('is a plain report when a cry for help is older than an hour', async () => {
    const cry = { what: 'kentongan' as const, body: { id: 'a', kind: 'thief', urgent: true } };
    const box = outbox(one('a', { ...cry, made: NOW - 3_700_000 }), one('b', { ...cry, made: NOW - 60_000 }));
    const urgent: unknown[] = [];
    await send(box, 'siti', NOW, (_path, init) => {
      urgent.push((JSON.parse(String(init.body)) as { urgent: boolean }).urgent);
      return Promise.resolve(reply(200));
    });
    expect(urgent).toEqual([false, true]);
  });
});
