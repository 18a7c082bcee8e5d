// Latents whose image names collide or lead elsewhere.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NdArray } from '../../core/numeric/arrays.ts';
import { decodeSafetensors, encodeSafetensors } from '../../data/files/safetensors.ts';
import { megabytes, tensorOfHoles } from './hostileFiles.ts';
import type { HostileFolder } from './hostileModels.ts';

type Metadata = Record<string, string>;
type Tensors = Record<string, NdArray>;
type Edit = (metadata: Metadata, tensors: Tensors) => void;

/** Changes of latents of two images, and what `decode` must do. */
const changes: Readonly<Record<string, readonly [HostileFolder['verdict'], Edit]>> = {
  'through a folder': ['cope', names('a/../b.png', 'b.png')],
  'without an ending': ['cope', names('b', 'b.png')],
  'in capitals': ['cope', names('b.png', 'B.PNG')],
  'with the ending twice': ['cope', names('b', 'b.png.png')],
  'of a file as a folder': ['cope', names('b.png', 'b.png/c.png')],
  composed: ['cope', names('\u00e9.png', 'e\u0301.png')],
  twice: ['refuse', names('b.png', 'b.png')],
  upwards: ['refuse', names('../b.png', 'b.png')],
  absolute: ['refuse', names('/tmp/b.png', 'b.png')],
  'with NUL': ['refuse', names('b\0.png', 'b.png')],
  'too long for a file': ['cope', names('n'.repeat(300), 'b.png')],
  'of many folders': ['cope', names(`${'d/'.repeat(5000)}b.png`, 'b.png')],
  'with control characters': ['cope', names('\u001b[2J\u202e\n.png', 'b.png')],
  'of nested names': ['refuse', set('images', () => `${'['.repeat(1e6)}${']'.repeat(1e6)}`)],
  'of a million names': ['refuse', set('images', () => JSON.stringify([...Array(1e6).keys()].map(String)))],
  'with prototypes as names': ['cope', names('__proto__', 'constructor')],
  'with a long name': ['cope', names('a'.repeat(2 ** 20), 'b')],
  'with a name of slashes': ['refuse', names('/'.repeat(2 ** 20), 'b')],
  'of a prototype as model': ['refuse', set('model', () => '__proto__')],
  'of classes': ['cope', set('classes', () => '["constructor","__proto__"]')],
  'with a million checksums': ['refuse', set('latentChecksums', () => '0'.repeat(8e6))],
  'with false checksums': ['cope', set('latentChecksums', (sound) => sound.replaceAll(/./g, '0'))],
  'with control characters as checksums': [
    'cope',
    set('pixelChecksums', (sound) => sound.replaceAll(/./g, '\u001b')),
  ],
  'without corrections': [
    'refuse',
    (metadata, tensors) => {
      metadata.corrections = '2';
      for (const name of Object.keys(tensors)) {
        if (/^(correction|whole)/.test(name)) {
          delete tensors[name];
        }
      }
    },
  ],
  'of infinite numbers': ['refuse', fill(Number.POSITIVE_INFINITY)],
  'of NaN': ['refuse', fill(Number.NaN)],
  'of huge numbers': ['cope', fill(3e38)],
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
  'with positions below 0': ['refuse', correct([-1], [0])],
  'with positions beyond the end': ['refuse', correct([2 ** 40], [0])],
  'with a position twice': ['refuse', correct([1, 1], [0, 0])],
  'with NaN as value': ['refuse', correct([1], [Number.NaN])],
};

/** Changes a text of the metadata. */
function set(key: string, change: (sound: string) => string): Edit {
  return (metadata) => {
    metadata[key] = change(metadata[key]!);
  };
}

/** Renames the images. */
function names(...images: string[]): Edit {
  return set('images', () => JSON.stringify(images));
}

/** Replaces all numbers of the first latents. */
function fill(value: number): Edit {
  return (_, tensors) => tensors['latent/0']!.data.fill(value);
}

/** Sets the corrections of values that decoding must make. */
function correct(positions: number[], values: number[]): Edit {
  return (metadata, tensors) => {
    metadata.corrections = '1';
    tensors['correction/position'] = { shape: [positions.length], data: Float64Array.from(positions) };
    tensors['whole/index'] = { shape: [0], data: new Float64Array(0) };
    tensors['whole/pixels'] = { shape: [0, 8, 8, 1], data: new Float32Array(0) };
    tensors['correction/value'] = { shape: [values.length], data: Float32Array.from(values) };
  };
}

/** Writes latents of two images, from a sound file of two, that collide or lead elsewhere. */
export function writeHostileLatents(folder: string, sound: string): HostileFolder[] {
  const latents = readFileSync(sound);
  const ofHoles = join(folder, 'latents with a tensor of holes');
  writeFileSync(ofHoles, latents);
  tensorOfHoles(() => ofHoles, megabytes(1900))(folder);
  const changed = Object.entries(changes).map(([name, [verdict, change]]): HostileFolder => {
    const path = join(folder, `latents ${name}`);
    const { tensors, metadata } = decodeSafetensors(Uint8Array.from(latents), sound);
    const entries = Object.fromEntries(tensors);
    change(metadata, entries);
    writeFileSync(path, encodeSafetensors(new Map(Object.entries(entries)), metadata));
    return { path, verdict };
  });
  return [...changed, { path: ofHoles, verdict: 'refuse' }];
}
