import { describe, expect, it } from 'vitest';

import { notificationFor, VIBRATIONS, type Pushed } from './notice';

const pushed = (parts: Partial<Pushed> = {}): Pushed => ({
  version: 1,
  id: 'n1',
  action: 'trigger',
  incident: 'i1',
  number: 7,
  kind: 'intrusion',
  severity: 1,
  title: 'P1 Masuk area terlarang · RT 04 / RW 02 · Bancar',
  body: 'Orang terlihat di Gerbang utama, 23.10 WIB.',
  opened_at: '2026-11-22T16:10:00Z',
  url: 'https://centre/?kejadian=i1',
  answer_url: 'https://centre/j/abc',
  language: 'id',
  ...parts,
});

describe('a push on the telephone', () => {
  it('sounds and shakes by its severity, and the gravest stays', () => {
    expect(notificationFor(pushed())).toMatchObject({ vibrate: VIBRATIONS[1], silent: false, renotify: true, requireInteraction: true });
    expect(notificationFor(pushed({ severity: 3 }))).toMatchObject({ vibrate: VIBRATIONS[3], requireInteraction: false });
  });

  it('lets somebody take what there is to take', () => {
    const actions = (parts: Partial<Pushed>): string[] => (notificationFor(pushed(parts)).actions ?? []).map(({ title }) => title);
    expect(actions({})).toEqual(['Saya tangani', 'Lihat']);
    expect(actions({ language: 'en' })).toEqual(['I take it', 'Look']);
    expect(actions({ action: 'acknowledge', answer_url: '' })).toEqual(['Lihat']);
  });

  it.each([pushed({ action: 'resolve' }), pushed({ action: 'acknowledge' })])('is silent where nobody is called', (told) => {
    const notice = notificationFor(told);
    expect(notice).toMatchObject({ silent: true, renotify: false, tag: 'i1' });
    // Browsers refuse a silent notification that shakes.
    expect(notice.vibrate).toBeUndefined();
  });

  it('sounds for who holds it when more happens, with nothing to take', () => {
    const notice = notificationFor(pushed({ action: 'update', answer_url: '' }));
    expect(notice).toMatchObject({ silent: false, renotify: true, vibrate: VIBRATIONS[1] });
    expect((notice.actions ?? []).map(({ action }) => action)).toEqual(['open']);
  });

  it('gets its picture without a second sound', () => {
    expect(notificationFor(pushed(), 'data:image/jpeg;base64,')).toMatchObject({ silent: true, image: 'data:image/jpeg;base64,' });
  });
});
