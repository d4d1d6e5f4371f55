import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte()],
  // core/terms.json stands outside this folder; the development server must be told that it may be read.
  server: { fs: { allow: ['.', '../../core'] } },
  build: {
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
