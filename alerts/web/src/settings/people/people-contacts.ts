/** Ways by which people are reached, checked before the centre is asked; it checks them again. */

import type { Contact } from './people';

/** The channels that exist, those that people use themselves first. */
export const CHANNELS = ['whatsapp', 'telegram', 'sms', 'mail', 'web_push', 'webhook', 'siren', 'apprise'] as const;
export type Channel = (typeof CHANNELS)[number];
/** Set by administrators: of no person, or of any host. */
const OF_ADMINISTRATORS: readonly string[] = ['apprise', 'siren', 'webhook'];
/** A browser subscribes itself to these, on the telephone's own page. */
const BY_BROWSER: readonly string[] = ['web_push'];
export const MOST_CONTACTS = 20;

export const choosable = (administers: boolean): Channel[] =>
  CHANNELS.filter((one) => !BY_BROWSER.includes(one) && (administers || !OF_ADMINISTRATORS.includes(one)));

/** Whether somebody may change or take away this one. */
export const changeable = (contact: Contact, administers: boolean): boolean =>
  administers || !OF_ADMINISTRATORS.includes(contact.channel);

/** Whether its address is written by hand at all. */
export const written = (contact: Contact): boolean => !BY_BROWSER.includes(contact.channel);

const FORMS: Readonly<Record<string, RegExp>> = {
  whatsapp: /^(\+|0|62)[\d\s().-]{7,20}$/,
  sms: /^(\+|0|62)[\d\s().-]{7,20}$/,
  telegram: /^(-?[1-9]\d{0,18}|@[A-Za-z]\w{4,31})$/,
  mail: /^[^\s@]+@[^\s@]+$/,
  webhook: /^https:\/\/\S+$/,
  siren: /^[a-z0-9][a-z0-9-]{0,62}$/,
};

export type ContactTrouble = 'empty' | 'form' | 'twice';

/** What is wrong with each of a list, null for nothing. */
export function troubles(contacts: readonly Contact[]): (ContactTrouble | null)[] {
  const key = ({ channel, address }: Contact) => `${channel} ${address.trim()}`;
  return contacts.map((contact, index) => {
    const address = contact.address.trim();
    if (address === '') return 'empty';
    if (FORMS[contact.channel]?.test(address) === false) return 'form';
    return contacts.findIndex((other) => key(other) === key(contact)) < index ? 'twice' : null;
  });
}

/** The list with one moved up or down by one place. */
export function moved<T>(list: readonly T[], index: number, by: 1 | -1): T[] {
  const other = index + by;
  const [one, two] = [list[index], list[other]];
  if (one === undefined || two === undefined) return [...list];
  return list.map((each, at) => (at === index ? two : at === other ? one : each));
}
