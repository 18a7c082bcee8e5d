// Exports a program as a file: ONNX bytes that any runtime loads.
import { UserError } from '../../core/errors.ts';
import type { ProgramDefinition } from '../tensor.ts';
import { defaultDevice, graphStyle } from './devices/device.ts';
import { prepare } from './graph/prepare.ts';
import { isReservedName } from './onnx/builder.ts';
import { lower } from './onnx/lower.ts';
import { freeze } from './program.ts';

/** How a program is exported. */
export interface ExportOnnxOptions {
  /** The outputs of type uint8 instead of float32; their values must be integers in 0..255. */
  readonly bytes?: readonly string[];
  /** Threads for constant folding; by default one per core. */
  readonly threads?: number;
}

/** ONNX files are Protocol Buffers, which have this limit. */
const LARGEST_FILE = 2 ** 31 - 1;

/**
 * The ONNX model of a program in float32: standard operators of opset 20 only, inputs and outputs under their
 * own names, the batch open if it is open in the program. What depends only on constants is folded now,
 * in float64.
 *
 * @throws Error if a name is not an identifier or is taken, or a part of the program has no ONNX operator
 * @throws UserError if the file would be larger than 2 GiB
 */
export async function exportOnnx(
  definition: ProgramDefinition,
  { bytes = [], threads }: ExportOnnxOptions = {},
): Promise<Uint8Array> {
  const names = [...Object.keys(definition.inputs), ...Object.keys(definition.outputs)];
  names.forEach((name, index) => {
    if (!/^[A-Za-z_]\w*$/.test(name) || isReservedName(name) || names.indexOf(name) !== index) {
      throw new Error(
        `'${name}' cannot name an input or output of an ONNX file: it is taken or not an identifier`,
      );
    }
  });
  const prepared = prepare(definition);
  const frozen = await freeze(prepared, threads === undefined ? {} : { threads });
  const style = { operators: graphStyle(defaultDevice).operators, waits: false };
  const model = lower({ ...prepared, known: frozen, precision: 'float32', style, bytes });
  if (model.length > LARGEST_FILE) {
    throw new UserError(
      'unsupported',
      `an ONNX file of ${model.length} bytes cannot be loaded: the limit is 2 GiB; use a smaller model`,
    );
  }
  return model;
}
