import { serverNow } from './api';

let now = $state(serverNow());

/** The centre's time in milliseconds, renewed every second; what reads it is redrawn as it ticks. */
export const clock = {
  get now(): number {
    return now;
  },
  start(): () => void {
    const timer = setInterval(() => (now = serverNow()), 1000);
    return () => clearInterval(timer);
  },
};
