import type { LiveWords } from './live-id';

export const live: LiveWords = {
  label: 'Live view',
  open: 'Live',
  openMore: 'Watch this camera now (W)',
  close: 'Close the live view',
  enlarge: 'Enlarge the live view',
  of: (camera: string) => `Live view of ${camera}`,
  connecting: 'Connecting to the camera…',
  pictures: 'One picture a second',
  refused: {
    incident_needed: 'This camera is not your agency’s. It can be watched while an incident of its place is open.',
    incident_closed: 'This incident is closed, and opens no camera any more.',
    incident_elsewhere: 'This incident is not of the camera’s place.',
    not_on_test: 'Installers watch a camera only while its place is on test.',
    not_allowed: 'Your account may not watch cameras.',
    full: 'As many people watch this site device as it allows. Try again when somebody has finished.',
    off: 'This site device gives no live view.',
    edge_offline: 'The site device is not connected.',
    no_answer: 'The site device does not answer. Try again in a moment.',
    no_picture: 'The camera sends no picture at the moment.',
    unavailable: 'Live view of this device is just being started. Try again in a moment.',
    signed_out: 'Your session has ended. Please sign in again.',
    unreachable: 'The centre cannot be reached. Check your network, then try again.',
    other: 'The live view could not be opened. Try again; if it keeps failing, contact the administrator.',
  },
  lost: { other: 'The live view has ended.' },
};
