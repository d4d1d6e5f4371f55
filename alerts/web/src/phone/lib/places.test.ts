import { describe, expect, it } from 'vitest';

import { address, linkToken, parse, tabOf, type PhonePlace } from './places';

describe('addresses of the telephone', () => {
  it.each<PhonePlace>([
    { page: 'incidents', incident: null },
    { page: 'incidents', incident: '0190-abc' },
    { page: 'kentongan' },
    { page: 'report' },
    { page: 'ronda' },
    { page: 'me' },
  ])('come back as what they were made of: %o', (place) => {
    const { hash } = new URL(address(place), 'http://centre');
    expect(parse(hash)).toEqual(place);
  });

  it('take the incident of a link in a message', () => {
    expect(parse('', '?kejadian=0190-abc')).toEqual({ page: 'incidents', incident: '0190-abc' });
    expect(parse('', '?kejadian=<script>')).toEqual({ page: 'incidents', incident: null });
  });

  it('know the token of a one-time link', () => {
    expect(linkToken('#token=abc')).toBe('abc');
    expect(linkToken('#/saya')).toBeNull();
  });

  it('show a report as a part of the kentongan', () => {
    expect(tabOf({ page: 'report' })).toBe('kentongan');
  });
});
