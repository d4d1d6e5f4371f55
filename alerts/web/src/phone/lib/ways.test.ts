import { describe, expect, it } from 'vitest';

import { distance, isIos, rounded, routeTo } from './ways';

const POST = { latitude: -7.388, longitude: 109.363 };

describe('ways', () => {
  it('measures as the crow flies', () => {
    expect(distance(POST, POST)).toBe(0);
    // A degree of latitude is 111.2 km on a globe of 6,371 km.
    expect(distance(POST, { ...POST, latitude: -6.388 })).toBeCloseTo(111_195, -2);
  });

  it('rounds as one walks', () => {
    expect(rounded(123)).toEqual({ metres: 120 });
    expect(rounded(1449)).toEqual({ kilometres: 1.4 });
  });

  it('opens the maps of the telephone at hand', () => {
    expect(routeTo(POST, 'Mozilla/5.0 (Linux; Android 14)', 5)).toBe('geo:-7.388,109.363?q=-7.388,109.363');
    expect(routeTo(POST, 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0)', 5)).toBe('maps:?daddr=-7.388,109.363');
    expect(routeTo(POST, 'Mozilla/5.0 (X11; Linux)', 0)).toContain('openstreetmap');
    expect(isIos('Mozilla/5.0 (Macintosh)', 5)).toBe(true);
  });
});
