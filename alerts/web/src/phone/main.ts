import '../tokens.css';
import '../base.css';
import './phone.css';

import { mount } from 'svelte';

import Phone from './Phone.svelte';

// Light by day; at night, and wherever the telephone itself is dark, dark.
const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = (): void => {
  document.documentElement.dataset.theme = dark.matches ? 'dark' : 'light';
};
dark.addEventListener('change', follow);
follow();

const target = document.getElementById('app');
if (target === null) throw new Error('m.html holds no #app');

mount(Phone, { target });

/** On a slow network the first page comes first. */
const REGISTER_MS = 1500;

if ('serviceWorker' in navigator && import.meta.env.PROD) {
  setTimeout(() => void navigator.serviceWorker.register('/sw.js', { scope: '/m' }).catch(() => undefined), REGISTER_MS);
}
