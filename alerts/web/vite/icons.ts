/// <reference types="node" />
/** The app's icons, drawn as pixels while the pages are built: launchers want PNG, and an image library would be a dependency. */

import { deflateSync } from 'node:zlib';

type Colour = readonly [red: number, green: number, blue: number, alpha: number];

const GROUND: Colour = [0x22, 0x27, 0x2c, 255];
const INK: Colour = [0xe6, 0xe9, 0xec, 255];
const NOTHING: Colour = [0, 0, 0, 0];
/** Samples each way of a pixel, so that edges are smooth. */
const SAMPLES = 4;

export interface Icon {
  name: string;
  size: number;
  /** `rounded`: with corners of its own; `full`: the launcher cuts it; `bare`: the drum alone, for the status bar. */
  ground: 'rounded' | 'full' | 'bare';
}

export const ICONS: readonly Icon[] = [
  { name: 'icon-192.png', size: 192, ground: 'rounded' },
  { name: 'icon-512.png', size: 512, ground: 'rounded' },
  { name: 'icon-mask-512.png', size: 512, ground: 'full' },
  { name: 'apple-touch-icon.png', size: 180, ground: 'full' },
  { name: 'badge-96.png', size: 96, ground: 'bare' },
];

/** Distance to a rectangle with round corners; negative inside. All in units of favicon.svg, 32 to a side. */
function box(x: number, y: number, halfWidth: number, halfHeight: number, radius: number): number {
  const dx = Math.abs(x - 16) - halfWidth + radius;
  const dy = Math.abs(y - 16) - halfHeight + radius;
  return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - radius;
}

/** The kentongan of favicon.svg: a capsule's outline with a slit. `scale` leaves room for launchers that cut. */
function inDrum(x: number, y: number, scale: number): boolean {
  const px = 16 + (x - 16) / scale;
  const py = 16 + (y - 16) / scale;
  const outline = Math.abs(box(px, py, 5.5, 11, 5.5)) <= 1;
  const slit = Math.hypot(px - 16, py - Math.min(Math.max(py, 10.5), 21.5)) <= 1.5;
  return outline || slit;
}

function colourAt(x: number, y: number, { ground }: Icon): Colour {
  const scale = { rounded: 1, full: 0.82, bare: 1.35 }[ground];
  if (inDrum(x, y, scale)) return ground === 'bare' ? [255, 255, 255, 255] : INK;
  if (ground === 'bare') return NOTHING;
  return ground === 'full' || box(x, y, 16, 16, 7) <= 0 ? GROUND : NOTHING;
}

function pixel(column: number, row: number, icon: Icon): Colour {
  const unit = 32 / icon.size;
  const sums = [0, 0, 0, 0];
  for (let sample = 0; sample < SAMPLES * SAMPLES; sample++) {
    const x = (column + ((sample % SAMPLES) + 0.5) / SAMPLES) * unit;
    const y = (row + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES) * unit;
    const [red, green, blue, alpha] = colourAt(x, y, icon);
    [red * alpha, green * alpha, blue * alpha, alpha].forEach((part, at) => (sums[at] = (sums[at] ?? 0) + part));
  }
  const [red = 0, green = 0, blue = 0, alpha = 0] = sums;
  const share = (part: number): number => (alpha === 0 ? 0 : Math.round(part / alpha));
  return [share(red), share(green), share(blue), Math.round(alpha / SAMPLES ** 2)];
}

/** CRC-32 as PNG has it (ISO 3309). */
function crc(bytes: Uint8Array): number {
  let value = ~0;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value >>> 0;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const made = Buffer.alloc(body.length + 8);
  made.writeUInt32BE(data.length, 0);
  body.copy(made, 4);
  made.writeUInt32BE(crc(body), body.length + 4);
  return made;
}

/** An icon as a PNG file: 8 bits a channel with alpha, no filter. */
export function drawn(icon: Icon): Buffer {
  const { size } = icon;
  const rows = Buffer.alloc(size * (size * 4 + 1));
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      rows.set(pixel(column, row, icon), row * (size * 4 + 1) + 1 + column * 4);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}
