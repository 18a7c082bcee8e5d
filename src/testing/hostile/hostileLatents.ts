// Latents whose image names collide or lead elsewhere.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { megabytes, tensorOfHoles } from './hostileFiles.ts';
import type { HostileFolder } from './hostileModels.ts';

/** The names of two images, and what `decode` must do. */
const names: Readonly<Record<string, readonly [HostileFolder['verdict'], readonly [string, string]]>> = {
  'through a folder': ['cope', ['a/../b.png', 'b.png']],
  'with a dot': ['cope', ['./b.png', 'b.png']],
  'with two slashes': ['cope', ['a//b.png', 'a/b.png']],
  'without an ending': ['cope', ['b', 'b.png']],
  'in capitals': ['cope', ['b.png', 'B.PNG']],
  'with the ending twice': ['cope', ['b', 'b.png.png']],
  'of a file as a folder': ['cope', ['b.png', 'b.png/c.png']],
  composed: ['cope', ['\u00e9.png', 'e\u0301.png']],
  twice: ['refuse', ['b.png', 'b.png']],
  upwards: ['refuse', ['../b.png', 'b.png']],
  absolute: ['refuse', ['/tmp/b.png', 'b.png']],
  'with NUL': ['refuse', ['b\0.png', 'b.png']],
  'of the folder itself': ['refuse', ['.', 'b.png']],
  'of nothing': ['refuse', ['', 'b.png']],
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
  return [...named, { path: ofHoles, verdict: 'refuse' }];
}
