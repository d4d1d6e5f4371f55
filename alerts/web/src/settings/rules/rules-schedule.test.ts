import { describe, expect, it } from 'vitest';

import { NIGHT, readWindow, writeWindow } from './rules-schedule';

describe('a window of the week', () => {
  it.each(['22:00-05:00', 'sat,sun 00:00-24:00', 'holiday 08:00-12:00', 'mon,tue,wed,thu,fri,sat,sun,holiday 06:00-07:00'])(
    'is written as it was read: %s',
    (text) => expect(writeWindow(readWindow(text))).toBe(text),
  );

  it('ends a day at its end', () => {
    expect(writeWindow({ ...NIGHT, start: '18:00', end: '00:00' })).toBe('18:00-24:00');
    expect(readWindow('18:00-24:00').end).toBe('00:00');
  });

  it('names its days in the order of the week', () => {
    expect(writeWindow({ days: ['sun', 'mon'], start: '08:00', end: '09:00' })).toBe('mon,sun 08:00-09:00');
  });

  it('that nobody can read has no hours', () => {
    expect(readWindow('at night')).toMatchObject({ start: '', end: '' });
  });
});
