import { describe, expect, it } from 'vitest';

import { ahead, outdated } from './ladder';
import type { Notice } from './model';
import { detail, incident, ladderStep } from './samples';

const at = (clock: string): string => `2026-11-22T${clock}Z`;
const NOW = Date.parse(at('01:00:30'));
const roles = (found: ReturnType<typeof ahead>): string[] => found.flatMap((step) => step.roles);

function notice(parts: Partial<Notice>): Notice {
  const times = { made_at: at('01:00:00'), sent_at: null, delivered_at: null, answered_at: null };
  return { id: 'n', user: 'rt-04', display_name: 'Pak RT', role: 'rt', channel: 'sms', action: 'trigger', state: 'waiting', attempts: 0, error: '', ...times, ...parts };
}

describe('who is told next', () => {
  const ladder = [
    ladderStep({ roles: ['ronda'], state: 'done', due_at: at('01:00:00') }),
    ladderStep({ roles: ['operator'], state: 'held', due_at: null, until: 'on_scene' }),
    ladderStep({ roles: ['rw'], due_at: at('01:02:00') }),
    ladderStep({ roles: ['rt'], due_at: at('01:01:00') }),
  ];

  it('is whoever is due first; who waits for a claim comes last', () => {
    expect(roles(ahead({ incident: incident({ id: 'a' }), ladder }))).toEqual(['rt', 'rw', 'operator']);
  });

  it('is nobody whom the claim has overtaken', () => {
    const taken = incident({ id: 'a', acknowledged_at: at('01:00:10') });
    expect(roles(ahead({ incident: taken, ladder }))).toEqual(['operator']);
    expect(ahead({ incident: { ...taken, on_scene_at: at('01:00:20') }, ladder })).toEqual([]);
  });

  it('is still somebody who is told until the end', () => {
    const steps = [ladderStep({ until: 'closed' })];
    expect(ahead({ incident: incident({ id: 'a', on_scene_at: at('01:00:20') }), ladder: steps })).toHaveLength(1);
    expect(ahead({ incident: incident({ id: 'a', state: 'closed' }), ladder: steps })).toEqual([]);
  });
});

describe('what was read is outdated', () => {
  it('when a step has fallen due since', () => {
    expect(outdated(detail({ ladder: [ladderStep({ due_at: at('01:00:29') })] }), NOW)).toBe(true);
    expect(outdated(detail({ ladder: [ladderStep({ due_at: at('01:00:31') })] }), NOW)).toBe(false);
    expect(outdated(detail({ ladder: [ladderStep({ state: 'held', due_at: null })] }), NOW)).toBe(false);
  });

  it('while a message is on its way', () => {
    expect(outdated(detail({ told: [notice({})] }), NOW)).toBe(true);
    expect(outdated(detail({ told: [notice({ state: 'sent' })] }), NOW)).toBe(false);
  });
});
