import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

import { phone } from './vite/phone.ts';

export default defineConfig({
  plugins: [svelte(), phone()],
  // core/terms.json stands outside this folder; the development server must be told that it may be read.
  server: { fs: { allow: ['.', '../../core'] } },
  build: {
    // Two shells over one library: the console, and the telephone's pages.
    rollupOptions: { input: ['index.html', 'm.html'] },
    manifest: true,
    // The notices of the packages that end up in the pages must travel with them.
    license: true,
    // The server's content security policy allows files of our own only: nothing may be written into the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
  },
  test: { environment: 'node', include: ['src/**/*.test.ts'], css: true },
});
