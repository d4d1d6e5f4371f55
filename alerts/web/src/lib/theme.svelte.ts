import { keep, kept } from './memory';

type Theme = 'dark' | 'light';

let current = $state<Theme>(kept('theme') === 'light' ? 'light' : 'dark');

/** Dark unless a person chose light; the style sheet reads `data-theme` of the page's root. */
export const theme = {
  get current(): Theme {
    return current;
  },
  toggle(): void {
    current = current === 'dark' ? 'light' : 'dark';
    keep('theme', current);
    theme.apply();
  },
  apply(): void {
    document.documentElement.dataset.theme = current;
  },
};
