import { describe, expect, it } from 'vitest';

import { inbound, troubleOf, type NewHook } from './hooks';

const wanted: NewHook = { name: 'BPBD', direction: 'out', url: 'https://bpbd.example/kejadian', area: '33.03', kinds: [], severities: [] };

describe('an application', () => {
  it('needs a name, and an address where it is told', () => {
    expect(troubleOf(wanted)).toBeNull();
    expect(troubleOf({ ...wanted, name: ' ' })).toBe('name');
    expect(troubleOf({ ...wanted, url: 'bpbd.example' })).toBe('url');
    expect(troubleOf({ ...wanted, direction: 'in', url: '' })).toBeNull();
  });

  it('reports where this page is reached', () => {
    expect(inbound('https://kamling.example')).toBe('https://kamling.example/api/v1/inbound/event');
  });
});
