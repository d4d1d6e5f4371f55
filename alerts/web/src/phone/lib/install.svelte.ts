/** What Chrome hands a page that may be installed; TypeScript does not know it. */
interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

let offered = $state.raw<InstallPrompt | null>(null);
let installed = $state(false);

addEventListener('beforeinstallprompt', (event) => {
  // Kept for the button of the page, which asks when the person wants it.
  event.preventDefault();
  offered = event as InstallPrompt;
});
addEventListener('appinstalled', () => {
  installed = true;
  offered = null;
});

export const install = {
  get offered(): boolean {
    return offered !== null;
  },
  get installed(): boolean {
    return installed;
  },
  async now(): Promise<void> {
    await offered?.prompt();
    offered = null;
  },
};
