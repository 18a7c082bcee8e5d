// Edits of latents as text in links.
import type { NdArray } from 'emerging-flows';
import { packBytes, unpackBytes } from '../../share/pack.ts';
import type { Level } from './useEdits.ts';

/** The digits that identify a float32. */
const DIGITS = 9;

/** A level: its scale, and an index and a value for each edited latent. */
type PackedLevel = readonly [scale: number, ...edited: number[]];

/** Packs edits; undefined if they don't fit into a link. */
export function packEdits(
  levels: readonly Level[],
  encoded: readonly NdArray[],
): Promise<string | undefined> {
  const packed = levels.map(({ values, scale }, index): PackedLevel => {
    const before = encoded[index]!.data;
    const edited = Array.from(values, (value, latent) =>
      value === before[latent] ? [] : [latent, Number(value.toPrecision(DIGITS))],
    );
    return [scale, ...edited.flat()];
  });
  return packBytes(new TextEncoder().encode(JSON.stringify(packed)));
}

/** The levels after the edits in a text; undefined if it is damaged, or belongs to latents of other shapes. */
export async function unpackEdits(text: string, encoded: readonly NdArray[]): Promise<Level[] | undefined> {
  const valueCount = encoded.reduce((sum, { data }) => sum + data.length, 0);
  const bytes = await unpackBytes(text, 100 + 40 * valueCount);
  try {
    const packed: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (!Array.isArray(packed) || packed.length !== encoded.length) {
      return undefined;
    }
    return packed.map((level: unknown, index) => {
      const values = encoded[index]!.data.slice();
      if (!Array.isArray(level) || !level.every(Number.isFinite) || level.length % 2 !== 1) {
        throw new SyntaxError('not a level');
      }
      const [scale, ...edited] = level as number[];
      for (let pair = 0; pair < edited.length; pair += 2) {
        if (!(edited[pair]! in values)) {
          throw new SyntaxError('no such latent');
        }
        values[edited[pair]!] = edited[pair + 1]!;
      }
      return { values, scale: scale! };
    });
  } catch {
    return undefined;
  }
}
