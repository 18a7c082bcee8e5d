// Latents whose image names collide or lead elsewhere.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NdArray } from '../../core/numeric/ndarray.ts';
import { decodeSafetensors, encodeSafetensors } from '../../data/files/safetensors.ts';
import { megabytes, tensorOfHoles } from './hostileFiles.ts';
import type { HostileFolder } from './hostileModels.ts';

/** The names of two images, and what `decode` must do. */
const names: Readonly<Record<string, readonly [HostileFolder['verdict'], readonly [string, string]]>> = {
  'through a folder': ['cope', ['a/../b.png', 'b.png']],
  'without an ending': ['cope', ['b', 'b.png']],
  'in capitals': ['cope', ['b.png', 'B.PNG']],
  'with the ending twice': ['cope', ['b', 'b.png.png']],
  'of a file as a folder': ['cope', ['b.png', 'b.png/c.png']],
  composed: ['cope', ['\u00e9.png', 'e\u0301.png']],
  twice: ['refuse', ['b.png', 'b.png']],
  upwards: ['refuse', ['../b.png', 'b.png']],
  absolute: ['refuse', ['/tmp/b.png', 'b.png']],
  'with NUL': ['refuse', ['b\0.png', 'b.png']],
  'too long for a file': ['cope', ['n'.repeat(300), 'b.png']],
  'of many folders': ['cope', [`${'d/'.repeat(5000)}b.png`, 'b.png']],
  'with control characters': ['cope', ['\u001b[2J\u202e\n.png', 'b.png']],
};

/** Latents under other names of images. */
function withImageNames(latents: Uint8Array, images: readonly string[]): Uint8Array {
  const file = Buffer.from(latents);
  const length = Number(file.readBigUInt64LE());
  const header = JSON.parse(file.subarray(8, 8 + length).toString()) as {
    __metadata__: Record<string, string>;
  };
  header.__metadata__.images = JSON.stringify(images);
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text, file.subarray(8 + length)]);
}

/** Changes of the metadata and of the tensors of latents of two images, and what `decode` must do. */
const changes: Readonly<
  Record<string, readonly [HostileFolder['verdict'], (metadata: Metadata, tensors: Tensors) => void]>
> = {
  'of nested names': [
    'refuse',
    (metadata) => set(metadata, { images: `${'['.repeat(1e6)}${']'.repeat(1e6)}` }),
  ],
  'of a million names': [
    'refuse',
    (metadata) => set(metadata, { images: JSON.stringify([...Array(1e6).keys()].map(String)) }),
  ],
  'with prototypes as names': [
    'cope',
    (metadata) => set(metadata, { images: '["__proto__","constructor"]' }),
  ],
  'with a long name': [
    'cope',
    (metadata) => set(metadata, { images: JSON.stringify(['a'.repeat(2 ** 20), 'b']) }),
  ],
  'with a name of slashes': [
    'refuse',
    (metadata) => set(metadata, { images: JSON.stringify(['/'.repeat(2 ** 20), 'b']) }),
  ],
  'of a prototype as model': ['refuse', (metadata) => set(metadata, { model: '__proto__' })],
  'of classes': ['cope', (metadata) => set(metadata, { classes: '["constructor","__proto__"]' })],
  'with a million checksums': ['refuse', (metadata) => set(metadata, { latentChecksums: '0'.repeat(8e6) })],
  'with false checksums': [
    'cope',
    (metadata) => set(metadata, { latentChecksums: metadata.latentChecksums!.replaceAll(/./g, '0') }),
  ],
  'with control characters as checksums': [
    'cope',
    (metadata) => set(metadata, { pixelChecksums: metadata.pixelChecksums!.replaceAll(/./g, '\u001b') }),
  ],
  'without corrections': [
    'refuse',
    (metadata, tensors) => {
      set(metadata, { corrections: '2' });
      for (const name of Object.keys(tensors)) {
        if (/^(correction|whole)/.test(name)) {
          delete tensors[name];
        }
      }
    },
  ],
  'of infinite numbers': ['refuse', (_, tensors) => fill(tensors, 'latent/0', Number.POSITIVE_INFINITY)],
  'of NaN': ['refuse', (_, tensors) => fill(tensors, 'latent/0', Number.NaN)],
  'of huge numbers': ['cope', (_, tensors) => fill(tensors, 'latent/0', 3e38)],
  'of one level only': ['refuse', (_, tensors) => delete tensors['latent/0']],
  'of another shape': [
    'refuse',
    (_, tensors) => {
      const { shape, data } = tensors['latent/0']!;
      tensors['latent/0'] = { shape: [...shape].reverse(), data };
    },
  ],
  'with another tensor': [
    'cope',
    (_, tensors) => {
      tensors['latent/1e9'] = { shape: [1], data: Float32Array.of(1) };
      tensors['condition/__proto__'] = { shape: [1], data: Float32Array.of(1) };
    },
  ],
  'with positions below 0': ['refuse', (metadata, tensors) => correct(metadata, tensors, [-1], [0])],
  'with positions beyond the end': [
    'refuse',
    (metadata, tensors) => correct(metadata, tensors, [2 ** 40], [0]),
  ],
  'with a position twice': ['refuse', (metadata, tensors) => correct(metadata, tensors, [1, 1], [0, 0])],
  'with NaN as value': ['refuse', (metadata, tensors) => correct(metadata, tensors, [1], [Number.NaN])],
};

type Metadata = Record<string, string>;
type Tensors = Record<string, NdArray>;

function set(metadata: Metadata, changed: Metadata): void {
  Object.assign(metadata, changed);
}

function fill(tensors: Tensors, name: string, value: number): void {
  tensors[name]!.data.fill(value);
}

function correct(metadata: Metadata, tensors: Tensors, positions: number[], values: number[]): void {
  metadata.corrections = '1';
  tensors['correction/position'] = { shape: [positions.length], data: Float64Array.from(positions) };
  tensors['whole/index'] = { shape: [0], data: new Float64Array(0) };
  tensors['whole/pixels'] = { shape: [0, 8, 8, 1], data: new Float32Array(0) };
  tensors['correction/value'] = { shape: [values.length], data: Float32Array.from(values) };
}

/** Writes latents of two images, from a sound file of two, that collide or lead elsewhere. */
export function writeHostileLatents(folder: string, sound: string): HostileFolder[] {
  const latents = readFileSync(sound);
  const ofHoles = join(folder, 'latents with a tensor of holes');
  writeFileSync(ofHoles, latents);
  tensorOfHoles(() => ofHoles, megabytes(1900))(folder);
  const named = Object.entries(names).map(([name, [verdict, images]]): HostileFolder => {
    const path = join(folder, `latents ${name}`);
    writeFileSync(path, withImageNames(latents, images));
    return { path, verdict };
  });
  const changed = Object.entries(changes).map(([name, [verdict, change]]): HostileFolder => {
    const path = join(folder, `latents ${name}`);
    const { tensors, metadata } = decodeSafetensors(Uint8Array.from(latents), sound);
    const entries = Object.fromEntries(tensors);
    change(metadata, entries);
    writeFileSync(path, encodeSafetensors(new Map(Object.entries(entries)), metadata));
    return { path, verdict };
  });
  return [...named, ...changed, { path: ofHoles, verdict: 'refuse' }];
}
