import { describe, expect, it } from 'vitest';

import { allowed, DEEDS, KEY_OF, missing, offer } from './deeds';
import { ROLES, type Incident, type User } from './model';
import { mayCommand, mayRespond, maySee } from './roles';
import { incident, todo, user } from './samples';

const siti = user({});
const head = user({ name: 'rt-04', role: 'rt' });
const one = (parts: Partial<Incident> = {}): Incident => incident({ id: 'a', ...parts });
const had = (by: User, parts: Partial<Incident> = {}): Incident =>
  one({ claimant: by.name, acknowledged_by: by.display_name, ...parts });

describe('the next step', () => {
  it('is to take what nobody has, however far it has come', () => {
    expect(offer(one(), siti).primary).toBe('acknowledge');
    expect(offer(one({ state: 'dispatched' }), head).primary).toBe('acknowledge');
  });

  it('goes along the stages once somebody has it', () => {
    const steps = (['new', 'verified', 'dispatched', 'on_scene', 'closed'] as const).map(
      (state) => offer(had(siti, { state }), siti).primary,
    );
    expect(steps).toEqual(['verify', 'dispatch', 'arrive', 'resolve', null]);
  });

  it('leaves out what only those who command may do', () => {
    expect(offer(had(head, { state: 'verified' }), head).primary).toBe('arrive');
  });

  it('is offered once only', () => {
    const all = offer(had(siti, { state: 'on_scene' }), siti);
    expect(all.primary).toBe('resolve');
    expect(all.ending).toEqual(['false', 'test']);
  });
});

describe('who has an incident', () => {
  it('decides what others may do who do not command', () => {
    const other = had(siti);
    expect(DEEDS.filter((deed) => allowed(deed, other, head))).toEqual(['arrive', 'note']);
    expect(DEEDS.filter((deed) => allowed(deed, had(head), siti))).not.toContain('acknowledge');
    expect(allowed('release', had(head), siti)).toBe(true);
  });

  it('may close it without commanding, but not as a test', () => {
    expect(DEEDS.filter((deed) => allowed(deed, had(head), head))).toEqual([
      'verify',
      'arrive',
      'resolve',
      'false',
      'note',
      'release',
    ]);
    expect(allowed('false', one(), head)).toBe(false);
  });
});

describe('an incident that is closed', () => {
  it('takes notes and nothing else', () => {
    expect(DEEDS.filter((deed) => allowed(deed, one({ state: 'closed' }), siti))).toEqual(['note']);
  });
});

describe('who only looks', () => {
  it('is offered nothing', () => {
    const nothing = { primary: null, forward: [], ending: [], aside: [] };
    expect(offer(one(), user({ role: 'auditor' }))).toEqual(nothing);
  });
});

describe('roles', () => {
  const who = (may: (one: User) => boolean): string[] => ROLES.filter((role) => may(user({ role })));

  it('are let in as the centre lets them in', () => {
    expect(ROLES.filter((role) => !maySee(user({ role })))).toEqual(['resident', 'installer']);
    expect(ROLES.filter((role) => !mayRespond(user({ role })))).toEqual(['resident', 'installer', 'auditor']);
    expect(who(mayCommand)).toEqual(['polsek', 'polres', 'satpolpp', 'operator', 'admin']);
  });
});

describe('keys', () => {
  it('mean one thing each, and none that moves along the queue', () => {
    const keys = Object.values(KEY_OF);
    expect(new Set([...keys, 'J', 'K']).size).toBe(DEEDS.length + 2);
  });
});

describe('required steps', () => {
  it('are missing until they are ticked; others never are', () => {
    const steps = [todo({ id: 'look' }), todo({ id: 'note', done_at: '2026-11-22T01:00:00Z' }), todo({ id: 'heads', required: false })];
    expect(missing(steps).map(({ id }) => id)).toEqual(['look']);
  });
});
