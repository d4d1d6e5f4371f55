import { describe, expect, it } from 'vitest';

import { counted, fullName, inner, inside, named, ownName, titled, typedCode, wanted, type Area } from './areas';
import { parentOf } from '../people/people-rules';

const area = (code: string, name: string): readonly [string, Area] => [code, { code, name, parent: parentOf(code) }];
const known = new Map([
  area('33.03', 'Kabupaten Purbalingga'),
  area('33.03.05', 'Purbalingga'),
  area('33.03.05.1005', 'Bancar'),
  area('33.03.05.1006', 'Purbalingga Kidul'),
  area('33.03.06', 'Kalimanah'),
  area('33.03.06.2001', 'Kalimanah Wetan'),
  area('33.03.05.1005/RW02', 'RW 02 Kauman'),
  area('33.03.05.1005/RW02/RT04', 'RT 04'),
  area('33.03.05.1005/RW02/RT05', 'Melati'),
]);
const of = (code: string): Area => known.get(code) as Area;
const codes = (list: readonly Area[]): string[] => list.map(({ code }) => code);

describe('an area is called', () => {
  it('by its sort, its number and the name that people gave it', () => {
    expect(['33.03', '33.03.05', '33.03.05.1005/RW02', '33.03.05.1005/RW02/RT05'].map((code) => titled(of(code)))).toEqual([
      'Kabupaten Purbalingga',
      'Kecamatan Purbalingga',
      'RW 02 Kauman',
      'RT 05 Melati',
    ]);
    expect(titled({ code: '33.03.05.1005/RW03', name: '' })).toBe('RW 03');
  });

  it('with what it lies in', () => {
    expect(fullName(of('33.03.05.1005/RW02/RT04'), known)).toBe('RT 04 / RW 02 Kauman · Bancar');
    expect(fullName(of('33.03.05.1005'), known)).toBe('Bancar · Kecamatan Purbalingga');
  });
});

describe('an area is found', () => {
  it('by words of its name, those that begin with them first', () => {
    expect(codes(named(known, wanted('purbal')))).toEqual(['33.03.05', '33.03.05.1006', '33.03']);
    expect(codes(named(known, wanted('bancar purbalingga')))).toEqual(['33.03.05.1005']);
    expect(named(known, wanted('tidak ada'))).toEqual([]);
  });

  it('by the numbers of its RW and RT', () => {
    expect(wanted('RT 4 / RW 02, Bancar')).toEqual({ words: ['bancar'], rw: '02', rt: '04' });
    expect(codes(inner(known, '33.03.05.1005', wanted('rt4 bancar')))).toEqual(['33.03.05.1005/RW02/RT04']);
    expect(inner(known, '33.03.05.1005', wanted('bancar'))).toHaveLength(3);
  });

  it('by a code that was typed, within the own area', () => {
    expect(typedCode(' 33.03.05.1005/rw09 ', '33.03')?.code).toBe('33.03.05.1005/RW09');
    expect([typedCode('33.04', '33.03'), typedCode('Bancar', '33.03')]).toEqual([null, null]);
  });
});

it('counts what stands in an area and in what lies within it', () => {
  const places = ['33.03.05.1005/RW02', '33.03.05.1005/RW021', '33.03.06.2001'].map((code) => ({ area: code }));
  expect([counted(places, '33.03'), counted(places, '33.03.05.1005/RW02')]).toEqual([3, 1]);
});

it('makes the code of an RW or RT of its number', () => {
  expect([inside('33.03.05.1005', 3), inside('33.03.05.1005/RW02', 12)]).toEqual(['33.03.05.1005/RW03', '33.03.05.1005/RW02/RT12']);
  expect([inside('33.03.05.1005', 0), inside('33.03.05.1005', 1.5), inside('33.03.05.1005', Number.NaN)]).toEqual([null, null, null]);
});

it('tells a name from the number before it', () => {
  expect(['33.03.05.1005/RW02', '33.03.05.1005/RW02/RT04', '33.03.05.1005/RW02/RT05'].map((code) => ownName(of(code)))).toEqual(['Kauman', '', 'Melati']);
});
