// The arrays between the pieces of a gradient: on the host, or in the memory of a device.
import { type DeviceArray, onHost, type ProgramArrays } from '../../engine/arrays.ts';
import type { DeviceMemory } from '../../engine/deviceMemory.ts';
import { type CompileOptions, compile, type Program } from '../../engine/program.ts';
import { releaseInTurn, releaseOnFailure } from '../../engine/resources.ts';
import { arrayName, type ParameterLayout } from '../../models/parameterLayout.ts';
import { concatenate, reshape } from '../../tensor/operations/index.ts';
import type { ProgramDefinition } from '../../tensor/programDefinition.ts';
import { elementCount } from '../../tensor/shape.ts';
import { input } from '../../tensor/tensor.ts';
import type { Pieces } from './pieces.ts';

/** Where the arrays of the pieces are. */
export interface PieceArrays {
  /** The parameters by path, from the groups of weights. */
  parameters(weights: ProgramArrays): Promise<ProgramArrays>;
  /** Where the gradients of the parameters are written, by path, for these groups of gradients. */
  gradients(groups: ProgramArrays): ProgramArrays;
  /** Where stage `index` writes the outputs of a program; empty if they are new arrays. */
  outputsOf(index: number, definition: ProgramDefinition): ProgramArrays;
  /** Called once all gradients are computed. */
  finish(groups: ProgramArrays): Promise<void>;
  /** Frees programs; the memory of a device is freed by its owner. */
  release(): Promise<void>;
}

/** On the host the arrays of parameters are views of their groups, and every other array is new. */
export class HostPieceArrays implements PieceArrays {
  private readonly layout: ParameterLayout;

  constructor(layout: ParameterLayout) {
    this.layout = layout;
  }

  async parameters(weights: ProgramArrays): Promise<ProgramArrays> {
    return this.layout.unpack(onHost(weights));
  }

  gradients(groups: ProgramArrays): ProgramArrays {
    return this.layout.unpack(onHost(groups));
  }

  outputsOf(): ProgramArrays {
    return {};
  }

  async finish(): Promise<void> {}

  async release(): Promise<void> {}
}

/**
 * On a device parameters and their gradients are arrays of their own, cut out of their groups by one program and put
 * together by another, and everything between the stages stays there.
 */
export class DevicePieceArrays implements PieceArrays {
  private readonly cut: Program;
  private readonly join: Program;
  private readonly cutParameters: Readonly<Record<string, DeviceArray>>;
  private readonly cutGradients: Readonly<Record<string, DeviceArray>>;
  private readonly outputs: ReadonlyMap<string, DeviceArray>;

  private constructor(
    programs: { cut: Program; join: Program },
    parameters: Readonly<Record<string, DeviceArray>>,
    gradients: Readonly<Record<string, DeviceArray>>,
    outputs: ReadonlyMap<string, DeviceArray>,
  ) {
    this.cut = programs.cut;
    this.join = programs.join;
    this.cutParameters = parameters;
    this.cutGradients = gradients;
    this.outputs = outputs;
  }

  /** Allocates the arrays and compiles the two programs. The layout has one group of trained weights. */
  static open(
    pieces: Pieces,
    layout: ParameterLayout,
    memory: DeviceMemory,
    options: CompileOptions,
  ): Promise<DevicePieceArrays> {
    const [group, ...others] = layout.trained;
    if (group === undefined || others.length > 0) {
      throw new Error('the trained weights of a device are in one vector');
    }
    const { inputs, tensors } = layout.inputs();
    const parameters = Object.keys(layout.specs);
    const trained = parameters.filter((path) => layout.specs[path]!.trained);
    const parts = Object.fromEntries(trained.map((path) => [path, input(path, layout.specs[path]!.shape)]));
    const flat = Object.values(parts).map((part) => reshape(part, [elementCount(part.shape)]));
    const definitions = {
      cut: { inputs, outputs: Object.fromEntries(parameters.map((path) => [path, tensors[path]!])) },
      join: { inputs: parts, outputs: { [group]: concatenate(flat, 0) } },
    };
    return releaseOnFailure(async (keep) => {
      const compiled = async (definition: ProgramDefinition): Promise<Program> =>
        keep(await compile(definition, { ...options, onDevice: Object.keys(definition.outputs) }));
      const programs = { cut: await compiled(definitions.cut), join: await compiled(definitions.join) };
      const arrays: Record<'parameters' | 'gradients', Record<string, DeviceArray>> = {
        parameters: {},
        gradients: {},
      };
      for (const path of parameters) {
        arrays.parameters[path] = await memory.allocate(layout.specs[path]!.shape);
      }
      for (const path of trained) {
        arrays.gradients[path] = await memory.allocate(layout.specs[path]!.shape);
      }
      const outputs = new Map<string, DeviceArray>();
      const place = async (index: number, { outputs: named }: ProgramDefinition): Promise<void> => {
        for (const [name, { shape }] of Object.entries(named)) {
          const place = placeOf(index, name, shape);
          if (!name.startsWith(arrayName('gradients', '')) && !outputs.has(place)) {
            outputs.set(place, await memory.allocate(shape));
          }
        }
      };
      for (const [index, { piece }] of pieces.stages.entries()) {
        for (const definition of [piece.forward, piece.backward]) {
          if (definition) {
            await place(index, definition);
          }
        }
      }
      return new DevicePieceArrays(programs, arrays.parameters, arrays.gradients, outputs);
    });
  }

  async parameters(weights: ProgramArrays): Promise<ProgramArrays> {
    await this.cut.run(weights, this.cutParameters);
    return this.cutParameters;
  }

  gradients(): ProgramArrays {
    return this.cutGradients;
  }

  outputsOf(index: number, { outputs }: ProgramDefinition): ProgramArrays {
    return Object.fromEntries(
      Object.entries(outputs).flatMap(([name, { shape }]) => {
        const array = this.outputs.get(placeOf(index, name, shape));
        return array ? [[name, array]] : [];
      }),
    );
  }

  async finish(groups: ProgramArrays): Promise<void> {
    await this.join.run(this.cutGradients, groups);
  }

  async release(): Promise<void> {
    await releaseInTurn([this.cut, this.join]);
  }
}

/**
 * The key of an output of a stage. The gradient of a stage's images is used up by the stage before it: two arrays of a
 * shape, in turn, are enough for all stages.
 */
function placeOf(index: number, name: string, shape: readonly number[]): string {
  return name === 'gradientOfX' ? `${name} ${index % 2} ${shape.join('x')}` : `${index} ${name}`;
}
