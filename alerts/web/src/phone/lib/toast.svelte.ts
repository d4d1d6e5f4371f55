const SHOWN_MS = 6000;

let text = $state('');
let timer: ReturnType<typeof setTimeout> | undefined;

/** One sentence about what has just been done; it goes by itself. */
export const toast = {
  get text(): string {
    return text;
  },
  show(what: string): void {
    clearTimeout(timer);
    text = what;
    timer = setTimeout(() => (text = ''), SHOWN_MS);
  },
};
