// NumPy's .npy files: a header that is a Python dictionary, then the elements.
import { shortText, UserError } from '../../core/errors.ts';
import {
  bytesOfValues,
  countElements,
  type ValueKind,
  type Values,
  valueKind,
} from '../../core/numeric/index.ts';
import { type DecodedImage, isImageChannels } from '../contract/rawImages.ts';
import type { BeginDecoding } from '../contract/reading.ts';
import { inMemory, type RandomAccess } from '../files/fileStore.ts';
import { corruptFile, dataView, latin1Text } from './bytes.ts';
import { type ElementType, elementBytes, readElements } from './elements.ts';

/** The type and the byte order of an array's elements. */
export interface NumpyType {
  readonly type: ElementType;
  readonly isLittle: boolean;
}

interface NpyArray extends NumpyType {
  readonly shape: readonly number[];
  readonly offset: number;
}

const magic = '\x93NUMPY';
const maxHeaderLength = 1 << 16;
/** The most axes of NumPy's arrays. */
const maxAxes = 64;

/**
 * Reads the header of a .npy file (versions 1, 2 and 3) and checks the file's size against it.
 *
 * @throws UserError unless the file is exactly one complete, non-empty, row-major array of a supported type
 */
export async function readNpyHeader(file: RandomAccess, source: string): Promise<NpyArray> {
  const start = await file.read(0, Math.min(12, file.size));
  if (start.length < 12 || latin1Text(start.subarray(0, 6)) !== magic) {
    throw new UserError('invalid-data', `${source}: not a .npy file: NumPy's signature is missing`);
  }
  const view = dataView(start);
  const version = view.getUint8(6);
  if (version < 1 || version > 3) {
    throw new UserError(
      'invalid-data',
      `${source}: .npy version ${version} is not supported: expected 1, 2 or 3`,
    );
  }
  const [begin, length] = version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  if (length > maxHeaderLength || begin + length > file.size) {
    throw corruptFile(source, `its header claims to be ${length} bytes long`);
  }
  const { descr, fortranOrder, shape } = parseHeader(
    new TextDecoder().decode(await file.read(begin, length)),
    source,
  );
  const elements = numpyType(descr, source);
  if (fortranOrder && shape.length > 1) {
    throw new UserError(
      'invalid-data',
      `${source}: stored in Fortran order: save numpy.ascontiguousarray(array) instead`,
    );
  }
  const expected = countElements(shape) * elementBytes[elements.type];
  const actualBytes = file.size - begin - length;
  if (expected === 0 || actualBytes !== expected) {
    const problem = expected === 0 ? 'the array is empty' : actualBytes < expected ? 'truncated' : 'too long';
    throw new UserError(
      'invalid-data',
      `${source}: ${problem}: ${shape.join(' x ')} needs ${expected} bytes after the header, found ${actualBytes}`,
    );
  }
  return { ...elements, shape, offset: begin + length };
}

const numpyTypes: Readonly<Record<string, ElementType>> = {
  u1: 'uint8',
  u2: 'uint16',
  f4: 'float32',
  f8: 'float64',
};

/**
 * NumPy's name of an element type, such as `<f4`.
 *
 * @throws UserError for an unsupported type
 */
function numpyType(name: string, source: string): NumpyType {
  const [, order, code = ''] = /^([|<>=]?)([a-z]\d+)$/.exec(name) ?? [];
  const type = numpyTypes[code];
  if (type === undefined) {
    throw new UserError(
      'invalid-data',
      `${source}: its elements are of type ${JSON.stringify(shortText(name))}: convert them with astype('uint8'), astype('uint16') or astype('float32')`,
    );
  }
  return { type, isLittle: order !== '>' };
}

interface Header {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** The entries of the dictionary; empty unless it has only the keys of an array, each once, in any order. */
function entriesIn(text: string): Readonly<Record<string, string>> {
  const entry =
    /\s*'(descr|fortran_order|shape)'\s*:\s*(?:'([^']*)'|(True|False)|\(([\d,\sL]*)\))\s*(?:,|(?=\}))/y;
  const entries: Record<string, string> = {};
  entry.lastIndex = 1;
  let end = 1;
  for (let match = entry.exec(text); match !== null; match = entry.exec(text)) {
    const [, key, ...values] = match;
    // A text, a truth value or a tuple.
    const value = values[['descr', 'fortran_order', 'shape'].indexOf(key!)];
    if (value === undefined || key! in entries) {
      return {};
    }
    entries[key!] = value;
    end = entry.lastIndex;
  }
  return text.startsWith('{') && text.slice(end).trim() === '}' ? entries : {};
}

function parseHeader(text: string, source: string): Header {
  const { descr, fortran_order: fortran, shape } = entriesIn(text.trim());
  if (descr === undefined || fortran === undefined || shape === undefined) {
    throw new UserError(
      'invalid-data',
      `${source}: corrupt or not a plain array: its header is ${JSON.stringify(shortText(text.trim()))}`,
    );
  }
  const axes = shape
    .split(',')
    .map((axis) => axis.replace('L', '').trim())
    .filter((axis) => axis !== '')
    .map(Number);
  if (axes.length > maxAxes || axes.includes(Number.NaN)) {
    throw corruptFile(source, `its shape is (${shortText(shape)})`);
  }
  return { descr, fortranOrder: fortran === 'True', shape: axes };
}

const types: Readonly<Record<ValueKind, string>> = { uint8: '|u1', uint16: '<u2', float32: '<f4' };

/** NumPy aligns the elements to this many bytes. */
const ALIGNMENT = 64;

/** An array as the bytes of a .npy file of version 1.0. */
export function npyBytes(values: Values, shape: readonly number[]): Uint8Array {
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${types[valueKind(values)!]}', 'fortran_order': False, 'shape': (${axes}), }`;
  const length = Math.ceil((10 + text.length + 1) / ALIGNMENT) * ALIGNMENT - 10;
  const header = new TextEncoder().encode(`\x93NUMPY${text.padEnd(length - 1)}\n`);
  // The signature begins with a byte that is not valid UTF-8.
  const start = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8);
  const bytes = bytesOfValues(values);
  const out = new Uint8Array(start.length + length + bytes.length);
  out.set(start);
  out.set(header.subarray(header.length - length), start.length);
  out.set(bytes, start.length + length);
  return out;
}

/** Whether a file is an array of several images: `[N, H, W]` or `[N, H, W, C]`, unless it can be one image, `[H, W, C]`. */
export async function isStack(bytes: Uint8Array, source: string): Promise<boolean> {
  if (latin1Text(bytes.subarray(0, 6)) !== '\x93NUMPY') {
    return false;
  }
  return isStackShape((await readNpyHeader(inMemory(bytes, source), source)).shape);
}

/** The same by the shape of the array. */
export function isStackShape(shape: readonly number[]): boolean {
  return shape.length === 4 || (shape.length === 3 && !isImageChannels(shape[2]!));
}

/**
 * Decodes an array `[H, W]` or `[H, W, C]` with up to four channels.
 *
 * @throws UserError if it is corrupt, or an array of another shape or type
 */
export async function decodeNpy(
  bytes: Uint8Array,
  source: string,
  begin: BeginDecoding,
): Promise<DecodedImage> {
  const { shape, offset, ...type } = await readNpyHeader(inMemory(bytes, source), source);
  const [height = 0, width = 0, channels = 1] = shape;
  if (shape.length < 2 || shape.length > 3 || !isImageChannels(channels)) {
    throw new UserError(
      'invalid-data',
      isStackShape(shape)
        ? `${source}: an array of shape ${shape.join(' x ')} holds ${shape[0]} images, and only one is read here: save one as an array of its own`
        : `${source}: an array of shape ${shape.join(' x ')} is not an image: expected H x W or H x W x C (C at most 4)`,
    );
  }
  await begin(width, height, { pixelBytes: channels * (elementBytes[type.type] + 4) });
  const { values, rounding } = readElements(bytes.subarray(offset), type, source);
  return { width, height, channels, data: values, notes: [], ...(rounding > 0 && { rounding }) };
}
