import { describe, expect, it } from 'vitest';

import reply from '../../public/reply.css?raw';
import tokens from '../tokens.css?raw';

type Palette = ReadonlyMap<string, string>;

/** The colours of one theme, by name. */
function palette(theme: string): Palette {
  const block = new RegExp(`data-theme='${theme}'\\] \\{([^}]*)\\}`).exec(tokens)?.[1] ?? '';
  return new Map([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = '', value = '']) => [name, value]));
}

/** Relative luminance as WCAG 2.2 defines it. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(colours: Palette, one: string, other: string): number {
  const [low = 0, high = 0] = [one, other]
    .map((name) => luminance(colours.get(name) ?? expect.fail(`no colour --${name}`)))
    .sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

describe.each(['dark', 'light'])('the %s theme', (theme) => {
  const colours = palette(theme);
  const grounds = ['ground', 'surface', 'raised', 'chosen'];
  const texts = ['ink', 'ink-quiet', 'p1', 'p2', 'p3', 'done'];

  it.each(grounds.flatMap((ground) => texts.map((text) => [text, ground] as const)))('lets %s be read on %s', (text, ground) => {
    expect(contrast(colours, text, ground)).toBeGreaterThanOrEqual(4.5);
  });

  it.each([
    ['on-primary', 'primary'],
    ['on-primary', 'primary-hover'],
    ['ink', 'warn-ground'],
    ['ink-quiet', 'well'],
  ])('lets %s be read on %s', (text, ground) => {
    expect(contrast(colours, text, ground)).toBeGreaterThanOrEqual(4.5);
  });

  it('draws the edges of fields and buttons clearly enough', () => {
    for (const ground of ['ground', 'surface']) {
      expect(contrast(colours, 'line-strong', ground)).toBeGreaterThanOrEqual(3);
    }
  });
});

describe('the page behind the link of a message', () => {
  it.each(['dark', 'light'])('has the colours of the %s theme', (theme) => {
    const block = (theme === 'dark' ? /^:root \{([^}]*)\}/m : /light\) \{\s*:root \{([^}]*)\}/).exec(reply)?.[1] ?? '';
    const own = [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = '', value]) => [name, value] as const);
    expect(own).toHaveLength(7);
    expect(own.filter(([name, value]) => palette(theme).get(name) !== value)).toEqual([]);
  });
});
