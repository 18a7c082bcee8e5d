// Finds isomorphic subgraphs, such as the scales of all flow steps.
//
// Two tensors have the same kind if the same operation with the same attributes computes them, from inputs of the
// same kind. Program inputs or constants of the same shape have the same kind, and so have consecutive slices of equal
// length of one input. Subgraphs of the same kind have the same depth, so neither tensor depends on the other, even
// indirectly, and all tensors of a kind can be computed at once.
import type { NdArray } from '../../../core/numeric/index.ts';
import { sliced } from '../../operations/layout.ts';
import { constantValue, isInput, isOpen, type Tensor } from '../../tensor.ts';
import { canBeStacked } from './stackRules.ts';

/** All tensors of the same kind. */
export interface Kind {
  /** In the order of their inputs. */
  readonly members: readonly Tensor[];
  /** The place of each member. */
  readonly places: ReadonlyMap<Tensor, number>;
}

/** The tensors of a graph, grouped by kind. */
interface Likeness {
  /**
   * The first tensor of the graph that is computed in the same way from the same inputs: the tensor itself, or one
   * to use in its place. Undefined if nothing can be like the tensor.
   */
  original(tensor: Tensor): Tensor | undefined;
  /** The kind of an original; undefined if it depends only on constants. */
  kindOf(original: Tensor): Kind | undefined;
}

/**
 * The kinds of tensors in a graph, given inputs first. Nothing is like a tensor with an open batch, one whose
 * operation cannot be applied to a stack, or one that depends on such a tensor.
 */
export function likenessIn(order: readonly Tensor[]): Likeness {
  const originals = new Map<Tensor, Tensor>();
  const firsts = new Map<string, Tensor>();
  const kinds = new Kinds();
  const runs = runsOfSlices(order);
  const sameConstant = distinctConstants();
  for (const tensor of order) {
    if (isOpen(tensor.shape)) {
      continue;
    }
    if (isInput(tensor)) {
      originals.set(tensor, tensor);
      kinds.add(tensor, `input ${tensor.shape}`, []);
      continue;
    }
    const value = constantValue(tensor);
    if (value) {
      originals.set(tensor, sameConstant(tensor, value));
      continue;
    }
    const inputs = tensor.inputs.flatMap((input) => originals.get(input) ?? []);
    if (!canBeStacked(tensor) || inputs.length < tensor.inputs.length) {
      continue;
    }
    const operation = `${tensor.operation.name} ${attributesText(tensor)}`;
    const computation = `${operation} of ${inputs.map(({ id }) => id)}`;
    const first = firsts.get(computation) ?? tensor;
    firsts.set(computation, first);
    originals.set(tensor, first);
    if (first === tensor && inputs.some((input) => kinds.kindNumber(input) !== undefined)) {
      const inputKinds = inputs.map((input) => kinds.kindNumber(input) ?? `constant ${input.shape}`);
      kinds.add(tensor, runs.get(tensor) ?? `${operation} of ${inputKinds.join(', ')}`, inputs);
    }
  }
  const sorted = kinds.sorted();
  return { original: (tensor) => originals.get(tensor), kindOf: (tensor) => sorted.get(tensor) };
}

/** An operation's attributes as text; plain JSON has no infinity. */
function attributesText({ attributes }: Tensor): string | undefined {
  return JSON.stringify(attributes, (_, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
}

/** Tensors by kind, while a graph is read. */
class Kinds {
  private readonly byText = new Map<string, { tensor: Tensor; inputs: readonly Tensor[] }[]>();
  private readonly numbers = new Map<Tensor, number>();

  add(tensor: Tensor, kind: string, inputs: readonly Tensor[]): void {
    const others = this.byText.get(kind);
    if (others) {
      others.push({ tensor, inputs });
    } else {
      this.byText.set(kind, [{ tensor, inputs }]);
    }
    this.numbers.set(tensor, others ? this.numbers.get(others[0]!.tensor)! : this.byText.size);
  }

  /** Identifies a kind in the description of another, which would otherwise grow with the graph behind a tensor. */
  kindNumber(tensor: Tensor): number | undefined {
    return this.numbers.get(tensor);
  }

  /**
   * The kind of every tensor. Members are ordered like their inputs within the inputs' kinds, and slices of a program
   * input by position. A stack of operands is then the stack of their kind.
   */
  sorted(): ReadonlyMap<Tensor, Kind> {
    const result = new Map<Tensor, Kind>();
    // A kind comes after the kinds of its inputs.
    for (const candidates of this.byText.values()) {
      const placed = candidates.map(({ tensor, inputs }) => ({
        tensor,
        places: [
          ...inputs.map((input) => result.get(input)?.places.get(input) ?? 0),
          sliced(tensor)?.start ?? 0,
        ],
      }));
      placed.sort((a, b) => {
        const axis = a.places.findIndex((position, index) => position !== b.places[index]);
        return axis < 0 ? 0 : a.places[axis]! - b.places[axis]!;
      });
      const members = placed.map(({ tensor }) => tensor);
      const kind = { members, places: new Map(members.map((member, position) => [member, position])) };
      for (const member of members) {
        result.set(member, kind);
      }
    }
    return result;
  }
}

/** The slices of inputs along their first axis that follow one another and are of equal length, by a name for each run. */
function runsOfSlices(order: readonly Tensor[]): ReadonlyMap<Tensor, string> {
  const slices = order.flatMap((tensor) => {
    const range = sliced(tensor);
    return range && range.axis === 0 && isInput(range.source) ? [{ tensor, ...range }] : [];
  });
  slices.sort((a, b) => a.source.id - b.source.id || a.start - b.start);
  const runs = new Map<Tensor, string>();
  let run = 0;
  slices.forEach(({ tensor, source, start, end }, index) => {
    const previous = slices[index - 1];
    const continues =
      previous?.source === source &&
      previous.end - previous.start === end - start &&
      (previous.end === start || previous.start === start);
    run += continues ? 0 : 1;
    runs.set(tensor, `slice ${run}`);
  });
  return runs;
}

/** Finds the first constant with the same shape and values. */
function distinctConstants(): (tensor: Tensor, value: NdArray) => Tensor {
  const constantsByShape = new Map<string, { tensor: Tensor; value: NdArray }[]>();
  return (tensor, value) => {
    const sameShaped = constantsByShape.get(String(value.shape)) ?? [];
    constantsByShape.set(String(value.shape), sameShaped);
    const equal = sameShaped.find((candidate) => isSameArray(candidate.value, value));
    if (!equal) {
      sameShaped.push({ tensor, value });
    }
    return equal?.tensor ?? tensor;
  };
}

function isSameArray(a: NdArray, b: NdArray): boolean {
  return a.data === b.data || a.data.every((element, index) => Object.is(element, b.data[index]));
}
