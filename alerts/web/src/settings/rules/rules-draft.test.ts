import { describe, expect, it } from 'vitest';

import { termsIn } from '../../lib/words/terms';
import type { CameraRules, Rule } from './rules';
import { asks, COMMON_CLASSES, drafted, drawn, fresh, HEALTH_KINDS, KINDS, withPoints, wrongs, written } from './rules-draft';
import { SQUARE, STROKE } from './rules-shapes';
import { Work } from './rules-work.svelte';

const ZONE: Partial<Rule> = { id: 'halaman', kind: 'intrusion', zone: SQUARE };
const of = (rule: Partial<Rule>) => wrongs(drafted(rule), []);

describe('a rule', () => {
  it('goes to the edge with what its kind asks for, and nothing else', () => {
    const rule = written(drafted({ ...ZONE, line: STROKE, dwell_s: 9 }));
    expect(Object.keys(rule).sort()).toEqual(['classes', 'cooldown_s', 'id', 'kind', 'modes', 'schedule', 'severity', 'zone']);
    const line = written(drafted({ ...ZONE, kind: 'crossing', line: STROKE }));
    expect([line.line, line.direction, line.zone]).toEqual([STROKE, 'both', undefined]);
    const health = written(drafted({ ...ZONE, kind: 'dark' }));
    expect([health.zone, health.modes, health.dwell_s]).toEqual([undefined, undefined, 60]);
  });

  it('comes back as it went', () => {
    const rule = { ...ZONE, schedule: ['22:00-05:00', 'sun,holiday 00:00-24:00'], classes: ['person', 'dog'] };
    expect(written(drafted(written(drafted(rule))))).toEqual(written(drafted(rule)));
    expect(written(drafted(rule)).schedule).toEqual(rule.schedule);
  });

  it('keeps its zone while somebody tries other kinds', () => {
    const draft = drafted(ZONE);
    expect(withPoints({ ...draft, kind: 'crossing' }, STROKE)).toMatchObject({ zone: SQUARE, line: STROKE });
  });

  it('gets an id that is free', () => {
    const drafts = [drafted({ ...ZONE, id: 'aturan-2' })];
    expect(fresh(drafts).id).toBe('aturan-3');
  });
});

describe('what is wrong with a rule', () => {
  it('is nothing where the edge would take it', () => {
    expect(of(ZONE)).toEqual([]);
    expect(of({ ...ZONE, kind: 'crossing', zone: [], line: STROKE })).toEqual([]);
    expect(of({ id: 'x', kind: 'silent' })).toEqual([]);
  });

  it.each([
    [{ id: 'Halaman Depan' }, 'id'],
    [{ zone: SQUARE.slice(2) }, 'zone'],
    [{ zone: [SQUARE[0], SQUARE[0], SQUARE[0]] }, 'zone'],
    [{ kind: 'crossing', line: [STROKE[0], STROKE[0]] }, 'line'],
    [{ classes: [] }, 'classes'],
    [{ modes: [] }, 'modes'],
    [{ schedule: ['22:00-22:00'] }, 'never'],
    [{ kind: 'crowd', count: 1 }, 'count'],
    [{ kind: 'crowd', count: 2.5 }, 'count'],
    [{ kind: 'motion', size: 0.01 }, 'size'],
    [{ kind: 'loitering', dwell_s: NaN }, 'dwell'],
    [{ cooldown_s: -1 }, 'cooldown'],
  ] as [Partial<Rule>, string][])('is told of %o', (change, wrong) => {
    expect(of({ ...ZONE, ...change })).toEqual([wrong]);
  });

  it('is a name that another one has', () => {
    const drafts = [drafted(ZONE), drafted(ZONE)];
    expect(drafts.map((draft) => wrongs(draft, drafts))).toEqual([['twice'], ['twice']]);
  });
});

describe('kinds and classes', () => {
  it('have words, every one of them', () => {
    const { kinds, labels } = termsIn('id');
    expect([...KINDS, ...HEALTH_KINDS].filter((kind) => !Object.hasOwn(kinds, kind))).toEqual([]);
    expect(COMMON_CLASSES.filter((name) => !Object.hasOwn(labels, name))).toEqual([]);
  });

  it('of health look at no zone', () => {
    expect(HEALTH_KINDS.every((kind) => drawn({ kind, zone: [], line: [] }) && !asks(kind).classes)).toBe(true);
  });
});

const RUNNING = { source: 'file', version: 0, digest: '', since: '', rules: [written(drafted(ZONE)) as Rule], note: '' } as const;
const VIEW = { order: null, running: RUNNING } as unknown as CameraRules;
const ordered = (state: string, version: number, rules: readonly Partial<Rule>[] | null) =>
  ({ running: RUNNING, order: { state, version, rules } }) as unknown as CameraRules;

describe('work on the rules of a camera', () => {
  it('begins with what runs, and is clean until somebody changes something', () => {
    const work = new Work();
    work.follow(VIEW);
    expect([work.drafts.length, work.dirty, work.seen]).toEqual([1, false, 0]);
    work.add();
    expect(work.dirty).toBe(true);
    work.discard();
    expect([work.drafts.length, work.dirty]).toEqual([1, false]);
  });

  it('is not swept away by what the centre says meanwhile', () => {
    const work = new Work();
    work.follow(VIEW);
    work.add();
    work.follow(ordered('waiting', 1, []));
    expect([work.drafts.length, work.dirty, work.seen]).toEqual([2, true, 0]);
    work.take(ordered('waiting', 1, []));
    expect([work.drafts.length, work.dirty, work.seen]).toEqual([0, false, 1]);
  });

  it('follows the centre while nobody has changed anything', () => {
    const work = new Work();
    work.follow(VIEW);
    const [before] = work.drafts;
    work.follow(ordered('applied', 1, []));
    expect([work.drafts[0], work.dirty, work.seen]).toEqual([before, false, 1]);
    work.follow(ordered('waiting', 2, []));
    expect([work.drafts.length, work.dirty, work.seen]).toEqual([0, false, 2]);
  });

  it('that the edge refused can be mended', () => {
    const work = new Work();
    work.follow(ordered('waiting', 1, [ZONE, { ...ZONE, id: 'lain' }]));
    expect([work.drafts.length, work.dirty]).toEqual([2, false]);
    work.follow(ordered('refused', 1, [ZONE, { ...ZONE, id: 'lain' }]));
    expect([work.drafts.length, work.dirty]).toEqual([2, true]);
    work.discard();
    expect([work.drafts.length, work.dirty]).toEqual([1, false]);
  });

  it('opens another rule when one is removed', () => {
    const work = new Work();
    work.follow(VIEW);
    work.add();
    const [first, second] = work.drafts;
    expect(work.chosen).toBe(second?.key);
    work.remove(second?.key ?? 0);
    expect(work.chosen).toBe(first?.key);
  });
});

