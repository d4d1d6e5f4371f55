import { describe, expect, it } from 'vitest';

import { address, linkToken, parse } from './places';

describe('addresses', () => {
  it('name each place, there and back', () => {
    for (const place of [
      { page: 'signIn' },
      { page: 'cameras' },
      { page: 'map' },
      { page: 'wall' },
      { page: 'reports' },
      { page: 'shift' },
      { page: 'settings', part: 'orang' },
      { page: 'settings', part: 'orang', of: 'pak-rt' },
      { page: 'settings', part: 'aturan', of: 'pos 1/gerbang' },
      { page: 'queue', incident: null },
      { page: 'queue', incident: '01JD-a:b.c_d' },
    ] as const) {
      const url = new URL(address(place), 'http://console.invalid');
      expect(parse(url.pathname, url.hash)).toEqual(place);
    }
  });

  it('that are unknown lead to the queue', () => {
    expect(parse('/', '#/nowhere')).toEqual({ page: 'queue', incident: null });
    expect(parse('/', '#/pengaturan/nowhere')).toEqual({ page: 'queue', incident: null });
    expect(parse('/', '#/pengaturan/orang/%')).toEqual({ page: 'settings', part: 'orang', of: '%' });
    expect(parse('/', '#/kejadian/<script>')).toEqual({ page: 'queue', incident: null });
  });
});

describe('the link of a message', () => {
  it('names its incident in the query', () => {
    expect(parse('/', '', '?kejadian=01JD-a')).toEqual({ page: 'queue', incident: '01JD-a' });
    expect(parse('/', '', '?kejadian=%3Cscript%3E')).toEqual({ page: 'queue', incident: null });
  });

  it('gives way to the place that somebody went to from there', () => {
    expect(parse('/', '#/kejadian/b', '?kejadian=a')).toEqual({ page: 'queue', incident: 'b' });
    expect(parse('/', '#/kamera', '?kejadian=a')).toEqual({ page: 'cameras' });
  });
});

describe('a one-time link', () => {
  it('carries its token in the fragment of the sign-in page only', () => {
    expect(linkToken('/masuk', '#token=XYZ')).toBe('XYZ');
    expect(linkToken('/masuk', '')).toBeNull();
    expect(linkToken('/', '#token=XYZ')).toBeNull();
  });
});
