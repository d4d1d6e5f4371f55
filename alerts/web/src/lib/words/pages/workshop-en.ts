import type { words as id } from './workshop-id';

/** The frame of the settings for those who set up cameras. */
export const words: typeof id = { title: 'Settings · E-Kamling', phone: 'Phone pages' };
