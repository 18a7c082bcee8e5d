// How a model's parameters are laid out in arrays: small ones packed into one, large ones in their own.

import { countElements, type NdArray, once, RandomStream } from '../../core/numeric/index.ts';
import { input, type Tensor } from '../../tensor/index.ts';
import { reshape, slice } from '../../tensor/operations/index.ts';
import type { ParameterSpec, ParameterSpecs } from '../contract/parameters.ts';

/** A parameter with more elements than this has its own array. */
const LARGE = 16_384;

/** Arrays by group name. */
export type Groups = Record<string, NdArray>;

/** The name, in a program, of the weights or gradients of a group or parameter. */
export function arrayName(kind: 'weights' | 'gradients', name: string): string {
  return `${kind}/${name}`;
}

/**
 * How trained parameters are packed: the large ones apart, which suits the host, or all in one vector, which suits a
 * device, where every array of a program costs time.
 */
type Packing = 'large ones apart' | 'one vector';

/** One array of the layout, and the parameters packed into it in order. */
interface Group {
  readonly name: string;
  readonly shape: readonly number[];
  readonly trained: boolean;
  readonly members: { path: string; shape: readonly number[]; start: number }[];
}

/**
 * The layout of a model's parameters.
 *
 * A model has hundreds of small parameters. An optimiser with one run for each would spend its time on
 * overhead; packed into one vector they take a single run. Large ones stay separate, so that nothing big is
 * copied.
 */
export class ParameterLayout {
  readonly trained: readonly string[];
  readonly specs: ParameterSpecs;
  /** The part of each parameter that is packed apart from the others, by path. */
  readonly parts: Readonly<Record<string, string>>;
  private readonly packing: Packing;
  private readonly groups: readonly Group[];
  private readonly places: ReadonlyMap<string, { group: string; shape: readonly number[]; start: number }>;

  /**
   * @param parts the parts by path, such as matrices of one shape: the small parameters of a part share a group, or a
   * section of the vector, with no others; by default, there is one part
   */
  constructor(
    specs: ParameterSpecs,
    packing: Packing = 'large ones apart',
    parts: Readonly<Record<string, string>> = {},
  ) {
    this.specs = specs;
    this.packing = packing;
    this.parts = parts;
    const groups = new Map<string, Group>();
    for (const [path, { shape, trained }] of inParts(specs, parts)) {
      const size = countElements(shape);
      const name = groupName(path, size, trained, packing, parts[path]);
      const group = groups.get(name) ?? { name, shape: [0], trained, members: [] };
      const previous = group.members.at(-1);
      const start = previous ? previous.start + countElements(previous.shape) : 0;
      group.members.push({ path, shape, start });
      groups.set(name, { ...group, shape: name === path ? shape : [start + size] });
    }
    this.groups = [...groups.values()];
    this.places = new Map(
      this.groups.flatMap(({ name, members }) =>
        members.map(({ path, shape, start }) => [path, { group: name, shape, start }]),
      ),
    );
    this.trained = this.groups.filter((group) => group.trained).map((group) => group.name);
  }

  /**
   * Inputs for every group, and the parameters' tensors, sliced from them on first use.
   *
   * A parameter is sliced from its step's section of the array, and both are created where the model uses
   * them. So a gradient is done with a step's section once the step is done. It also keeps
   * model loading fast: ONNX Runtime keeps a list of all nodes that need only inputs, and walks it once for
   * every node of the graph.
   */
  inputs(): { inputs: Record<string, Tensor>; tensors: Record<string, Tensor> } {
    const inputs: Record<string, Tensor> = {};
    const tensors: Record<string, Tensor> = {};
    for (const { name, shape, members } of this.groups) {
      const array = input(name, shape);
      inputs[name] = array;
      if (name === members[0]!.path) {
        tensors[name] = array;
        continue;
      }
      for (const section of splitBySection(members)) {
        const [first, last] = [section[0]!, section.at(-1)!];
        const part = once(() => slice(array, 0, first.start, last.start + countElements(last.shape)));
        for (const { path, shape: parameterShape, start } of section) {
          const from = start - first.start;
          const cut = once(() =>
            reshape(slice(part(), 0, from, from + countElements(parameterShape)), parameterShape),
          );
          Object.defineProperty(tensors, path, { get: cut, enumerable: true });
        }
      }
    }
    return { inputs, tensors };
  }

  /** The layout of some of the parameters, packed in the same way. */
  filter(isKept: (spec: ParameterSpec) => boolean): ParameterLayout {
    const specs = Object.entries(this.specs).filter(([, spec]) => isKept(spec));
    return new ParameterLayout(Object.fromEntries(specs), this.packing, this.parts);
  }

  /** The paths of the parameters in a group, in order. */
  pathsIn(name: string): string[] {
    return this.group(name).members.map(({ path }) => path);
  }

  /**
   * Converts arrays to another layout of the same parameters: groups that both layouts have stay the same arrays, and the
   * others are copied.
   */
  convert(groups: Readonly<Groups>, to: ParameterLayout): Groups {
    const isSame = (name: string): boolean =>
      name in groups && to.has(name) && this.pathsIn(name).join() === to.pathsIn(name).join();
    const names = Object.keys(groups);
    const changed = names.filter((name) => !isSame(name));
    const copied = to.pack(this.unpack(Object.fromEntries(changed.map((name) => [name, groups[name]!]))));
    const unchanged = names.filter(isSame).map((name) => [name, groups[name]!]);
    return { ...copied, ...Object.fromEntries(unchanged) };
  }

  /** The shape of a group's array. */
  groupShape(name: string): readonly number[] {
    return this.group(name).shape;
  }

  /** The shapes of the arrays of all groups, or of the trained ones. */
  shapes(kind: 'all' | 'trained' = 'all'): Record<string, readonly number[]> {
    const groups = this.groups.filter(({ trained }) => trained || kind === 'all');
    return Object.fromEntries(groups.map(({ name, shape }) => [name, shape]));
  }

  /** Arrays of zeros for every trained group, or for all groups. */
  zeros(kind: 'all' | 'trained' = 'trained'): Groups {
    return Object.fromEntries(
      Object.entries(this.shapes(kind)).map(([name, shape]) => [
        name,
        { shape, data: new Float32Array(countElements(shape)) },
      ]),
    );
  }

  /**
   * The initial values of all parameters, each from its own random stream named by its path; the
   * groups in `into` are written to the arrays there.
   */
  initial(seed: number, into: Groups = {}): Groups {
    return Object.fromEntries(
      this.groups.map(({ name, shape, members }) => {
        const data = into[name]?.data ?? new Float32Array(countElements(shape));
        // One at a time: in float64, a large model's values would take twice its memory.
        for (const { path, start } of members) {
          const spec = this.specs[path]!;
          const family =
            spec.family === undefined ? path : path.slice(0, path.lastIndexOf('/') + 1) + spec.family;
          data.set(spec.initial(new RandomStream(seed, 'parameter', family)), start);
        }
        return [name, { shape, data }];
      }),
    );
  }

  /** Sets the elements of trained groups to 1 where weights decay, and to 0 elsewhere. */
  markDecays(groups: Readonly<Groups>): void {
    for (const [path, { data }] of Object.entries(this.unpack(groups))) {
      data.fill(this.specs[path]!.decays ? 1 : 0);
    }
  }

  private has(name: string): boolean {
    return this.groups.some((group) => group.name === name);
  }

  private group(name: string): Group {
    const group = this.groups.find((candidate) => candidate.name === name);
    if (!group) {
      throw new Error(`no group '${name}' of parameters`);
    }
    return group;
  }

  /** Copies parameters by path into their groups' arrays, as float32. */
  pack(arrays: Readonly<Record<string, NdArray>>): Groups {
    return Object.fromEntries(
      this.groups.flatMap(({ name, shape, members }) => {
        if (!members.some(({ path }) => arrays[path])) {
          return [];
        }
        const data = new Float32Array(countElements(shape));
        for (const { path, start } of members) {
          const array = arrays[path];
          if (!array) {
            throw new Error(`no values for the parameter '${path}'`);
          }
          data.set(array.data, start);
        }
        return [[name, { shape, data }]];
      }),
    );
  }

  /** The parameters by path, as views of their groups' arrays. */
  unpack(groups: Readonly<Groups>): Record<string, NdArray> {
    const arrays: Record<string, NdArray> = {};
    // In model order, not group order.
    for (const path of Object.keys(this.specs)) {
      const { group, shape, start } = this.places.get(path)!;
      const array = groups[group];
      if (array) {
        arrays[path] = { shape, data: array.data.subarray(start, start + countElements(shape)) };
      }
    }
    return arrays;
  }
}

function groupName(path: string, size: number, trained: boolean, packing: Packing, part = ''): string {
  if (!trained) {
    return 'fixed';
  }
  if (packing === 'one vector') {
    return 'trained';
  }
  return size > LARGE ? path : `small ${part}`.trim();
}

/** The parameters, part by part. */
function inParts(
  specs: ParameterSpecs,
  parts: Readonly<Record<string, string>>,
): readonly (readonly [string, ParameterSpec])[] {
  const byPart = new Map<string | undefined, [string, ParameterSpec][]>();
  for (const entry of Object.entries(specs)) {
    const part = parts[entry[0]];
    const members = byPart.get(part);
    if (members) {
      members.push(entry);
    } else {
      byPart.set(part, [entry]);
    }
  }
  return [...byPart.values()].flat();
}

/** The members of a group, in runs that belong to the same flow step. */
function splitBySection(members: Group['members']): Group['members'][] {
  const sections: Group['members'][] = [];
  let latest: string | undefined;
  for (const member of members) {
    const step = /^.*\/\d+(?=\/)/.exec(member.path)?.[0] ?? '';
    if (step !== latest) {
      sections.push([]);
      latest = step;
    }
    sections.at(-1)!.push(member);
  }
  return sections;
}
