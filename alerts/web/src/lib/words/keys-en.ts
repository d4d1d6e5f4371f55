import type { keys as shape } from './keys-id';

export const keys: typeof shape = {
  title: 'Keyboard',
  next: 'Next incident',
  previous: 'Previous incident',
  deeds: {
    acknowledge: 'Take the incident',
    verify: 'Verify: choose a level from 0 to 4',
    dispatch: 'Dispatch somebody',
    arrive: 'Somebody is on the scene',
    resolve: 'Close: resolved',
    false: 'Close: false alarm',
    test: 'Close: test',
    note: 'Write a note',
    handOver: 'Hand the incident over',
    regrade: 'Change the severity',
    merge: 'Merge into another incident',
    split: 'Split into two incidents',
    release: 'Release the incident',
  },
  back: 'Leave a form',
  play: 'Play or pause the clip',
  live: 'Open or close the live view',
  help: 'Show these keys',
  or: 'or',
  space: 'Space',
};
