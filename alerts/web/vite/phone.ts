/// <reference types="node" />
/** What the telephone's pages need beside modules: icons, and a service worker that knows the files of its shell. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { build, type Plugin, type ResolvedConfig } from 'vite';

import { drawn, ICONS } from './icons.ts';

interface Chunk {
  file: string;
  css?: string[];
  assets?: string[];
  imports?: string[];
}

const ENTRY = 'm.html';
/** Smaller ones gain nothing. */
const WORTH = 1024;
const BESIDE = ['/m.webmanifest', '/favicon.svg', '/icon-192.png', '/badge-96.png'];

/** Every file that the telephone's entry loads at once, by Vite's manifest. */
function shell(manifest: Readonly<Record<string, Chunk>>, name = ENTRY, known = new Set<string>()): Set<string> {
  const chunk = manifest[name];
  if (chunk === undefined) throw new Error(`Vite's manifest lacks ${name}`);
  for (const file of [chunk.file, ...(chunk.css ?? []), ...(chunk.assets ?? [])]) known.add(`/${file}`);
  for (const imported of chunk.imports ?? []) shell(manifest, imported, known);
  return known;
}

export function phone(): Plugin {
  let config: ResolvedConfig;
  return {
    name: 'ekamling-phone',
    apply: 'build',
    configResolved(resolved) {
      config = resolved;
    },
    async closeBundle() {
      const out = join(config.root, config.build.outDir);
      for (const icon of ICONS) writeFileSync(join(out, icon.name), drawn(icon));
      const manifest = JSON.parse(readFileSync(join(out, '.vite', 'manifest.json'), 'utf8')) as Record<string, Chunk>;
      const files = ['/m', ...[...shell(manifest)].sort(), ...BESIDE];
      const version = createHash('sha256');
      for (const file of files) version.update(file).update(readFileSync(join(out, file === '/m' ? ENTRY : file)));
      await worker(config, files, version.digest('hex').slice(0, 12));
      compress(out);
    },
  };
}

/** Leaves a `.gz` beside each file of text, which the centre hands to whoever takes it: 3G is slow, and so is compressing. */
function compress(out: string): void {
  for (const entry of readdirSync(out, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(js|mjs|css)$/.test(entry)) continue;
    const content = readFileSync(join(out, entry));
    if (content.length >= WORTH) writeFileSync(join(out, `${entry}.gz`), gzipSync(content, { level: 9 }));
  }
}

/** One file without imports and with a fixed name, which browsers look at anew by themselves. */
async function worker(config: ResolvedConfig, files: readonly string[], version: string): Promise<void> {
  await build({
    configFile: false,
    root: config.root,
    logLevel: 'warn',
    publicDir: false,
    define: { __FILES__: JSON.stringify(files), __VERSION__: JSON.stringify(version) },
    build: {
      emptyOutDir: false,
      target: 'es2022',
      lib: { entry: 'src/worker/sw.ts', formats: ['iife'], name: 'worker', fileName: () => 'sw.js' },
    },
  });
}
