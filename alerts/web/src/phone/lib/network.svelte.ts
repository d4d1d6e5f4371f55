let online = $state(navigator.onLine);

for (const event of ['online', 'offline']) addEventListener(event, () => (online = navigator.onLine));

/** What the browser believes of the network: "offline" is true, "online" may not be. */
export const network = {
  get online(): boolean {
    return online;
  },
};
