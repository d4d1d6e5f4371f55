import { expect, test } from 'vitest';

import { heard, insists, lasts, MELODIES, AGAIN_MS } from './melody';
import type { Severity } from './model';
import { merge, NONE } from './queue';
import { incident } from './samples';

const at = (id: string, severity: Severity, parts = {}) => merge(NONE, [incident({ id, severity, ...parts })]);

test('the graver, the longer and the louder', () => {
  expect(lasts(1)).toBeGreaterThan(lasts(2));
  expect(lasts(2)).toBeGreaterThan(lasts(3));
  const loudest = (severity: Severity) => Math.max(...MELODIES[severity].map(({ loudness }) => loudness));
  expect(loudest(1)).toBeGreaterThan(loudest(2));
  expect(loudest(2)).toBeGreaterThan(loudest(3));
  expect(lasts(1) * 1000).toBeLessThan(AGAIN_MS); // it ends before it begins again
});

test('a new incident that nobody has taken is heard, once', () => {
  expect(heard(NONE, at('a', 2), false)).toBe(2);
  const known = at('a', 2);
  expect(heard(known, merge(known, [incident({ id: 'a', severity: 2, event_count: 5 })]), false)).toBeNull();
  expect(heard(NONE, at('a', 2, { claimant: 'operator' }), false)).toBeNull();
  expect(heard(NONE, at('a', 2, { state: 'closed' }), false)).toBeNull();
});

test('one that becomes graver is heard again', () => {
  const known = at('a', 3);
  expect(heard(known, merge(known, [incident({ id: 'a', severity: 1 })]), true)).toBe(1);
});

test('of several the gravest is heard', () => {
  expect(heard(NONE, merge(at('a', 3), [incident({ id: 'b', severity: 1 }), incident({ id: 'c', severity: 2 })]), false)).toBe(1);
});

test('muting leaves the gravest alone, and a test sounds for nobody', () => {
  expect(heard(NONE, at('a', 2), true)).toBeNull();
  expect(heard(NONE, at('a', 1), true)).toBe(1);
  expect(heard(NONE, at('a', 1, { test: true }), false)).toBeNull();
  expect(insists(at('a', 1, { test: true }))).toBe(false);
});

test('the gravest insists until somebody takes it', () => {
  expect(insists(at('a', 1))).toBe(true);
  expect(insists(at('a', 1, { claimant: 'operator' }))).toBe(false);
  expect(insists(at('a', 2))).toBe(false);
});
