// Damaged images, archives and prepared files.
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { RandomStream } from '../../../numeric/random.ts';
import { mutateBytes } from '../mutations/bytes.ts';
import { chance, oneOf } from '../mutations/choice.ts';
import { containerMutations } from '../mutations/containers.ts';
import type { Damage } from './damage.ts';
import { sameBits } from './judges.ts';
import { type Place, quick, type Workplace } from './workplace.ts';

const pictures = ['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'];

function formatOf(path: string): string {
  return extname(path).slice(1);
}

/** Damages bytes, or the parts of the format. */
export function mutateFile(place: Place, name: string, other: Uint8Array, random: RandomStream): string {
  const container = containerMutations[formatOf(name)];
  const isContainer = container !== undefined && chance(random, 0.6);
  place.rewrite(name, (bytes) =>
    isContainer ? container(bytes, random, other) : mutateBytes(bytes, other, random),
  );
  return `${name}: ${isContainer ? 'parts' : 'bytes'}`;
}

function argsFor(name: string, isPicture: boolean, place: Place, random: RandomStream): string[] {
  if (isPicture) {
    place.copy('run');
    return ['score', 'run', name, '--resize', ...quick];
  }
  return chance(random, 0.3)
    ? ['datasets', 'prepare', name, '--size=8', '--out=out.images', '--skip-damaged']
    : ['datasets', 'show', name, '--out=shown.png', '--limit=100', '--count=4'];
}

/** A prepared file: a changed pixel is noticed, or changes nothing. */
const prepared: Damage = (place, random, { sound, bitsPerDim }) => {
  place.copy('run', 'prepared.images');
  const what = mutateFile(place, 'prepared.images', readFileSync(sound('image.png')), random);
  const evaluate = ['evaluate', 'run', '--data=prepared.images', ...quick, '--json'];
  // A changed header with the right checksum may describe another file.
  return what.endsWith('bytes')
    ? { what, args: evaluate, judge: sameBits(bitsPerDim) }
    : { what, args: oneOf(random, [evaluate, argsFor('prepared.images', false, place, random)]) };
};

const idx: Damage = (place, random, { sound }) => {
  place.copy('run', 'data');
  const name = oneOf(random, ['data/train-images-idx3-ubyte', 'data/t10k-images-idx3-ubyte']);
  const what = mutateFile(place, name, readFileSync(sound('image.png')), random);
  return {
    what,
    args: oneOf(random, [['evaluate', 'run', ...quick], argsFor('data', false, place, random)]),
  };
};

/** Every format of the fixtures, and those of prepared and IDX files. */
export function dataFormats({ fixtures }: Workplace): Record<string, Damage> {
  const found = [...new Set(fixtures.map(formatOf))].map((format): [string, Damage] => [
    format,
    (place, random) => {
      const own = fixtures.filter((path) => formatOf(path) === format);
      const name = place.copyFixture(oneOf(random, own));
      const what = mutateFile(place, name, readFileSync(oneOf(random, fixtures)), random);
      return { what, args: argsFor(name, pictures.includes(format), place, random) };
    },
  ]);
  return { ...Object.fromEntries(found), prepared, idx };
}
