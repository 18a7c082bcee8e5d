// Batches isomorphic subgraphs into one stack, so that a device with a cost per operation pays once for the weights of
// all flow steps.
//
// Slices of the stack replace its members before differentiation. The gradients of the slices are concatenated, so the
// backward pass is stacked too.
import { pulledBack } from '../../gradients/gradient.ts';
import { sum } from '../../operations/broadcast.ts';
import { add } from '../../operations/elementwise.ts';
import { concatenate, reshape, reshapeSource, slice, sliced } from '../../operations/layout.ts';
import { apply, isComputedBy, isInput, type Tensor } from '../../tensor.ts';
import { type Kind, likenessIn } from './likeness.ts';
import { type Pass, soleUsers } from './rewrite.ts';
import { type Operand, stacked } from './stackRules.ts';

/** Sums of at least this many terms of one shape are computed as one sum over a stack. */
const MANY_TERMS = 8;

/** The pass that batches identical subgraphs into one operation. */
export function stacking(order: readonly Tensor[], roots: readonly Tensor[]): Pass {
  const stacker = new Stacker(order, roots);
  const { original } = stacker;
  // Other tensors that can be stacked are only reached through these.
  const requested = new Set([
    ...roots,
    ...order.flatMap((tensor) => (original(tensor) ? [] : tensor.inputs)),
  ]);
  return {
    gradients: pulledBack,
    make(tensor, lookup) {
      const first = original(tensor);
      if (!first) {
        return stacker.compute(tensor, lookup);
      }
      return requested.has(tensor) ? stacker.replace(first) : undefined;
    },
  };
}

/**
 * Replaces the tensors of a graph by parts of stacks. `likeness.ts` gives the original of each tensor, the first that
 * computes the same, and the kind of each original: the originals that one operation can compute together.
 */
class Stacker {
  /** The first tensor with the same value as another one; undefined for tensors that can't be stacked. */
  readonly original: (tensor: Tensor) => Tensor | undefined;
  private readonly kindOf: (tensor: Tensor) => Kind | undefined;
  /** The terms of sums of numbers, or of one number for each image, outside stacks. */
  private readonly sums: ReadonlyMap<Tensor, readonly Tensor[]>;
  private readonly replacements = new Map<Tensor, Tensor>();
  private readonly stacks = new Map<Kind, Tensor>();
  private readonly copies = new Map<string, Tensor>();

  constructor(order: readonly Tensor[], roots: readonly Tensor[]) {
    const { original, kindOf } = likenessIn(order);
    this.original = original;
    this.kindOf = kindOf;
    this.sums = sumsIn(
      order,
      roots,
      (tensor) => tensor.rank <= 1 && !this.stackedKind(original(tensor) ?? tensor),
    );
  }

  /** The replacement for an original: a slice of its stack, or the tensor computed by itself. */
  replace(tensor: Tensor): Tensor {
    const existing = this.replacements.get(tensor);
    if (existing) {
      return existing;
    }
    const kind = this.stackedKind(tensor);
    const position = kind?.places.get(tensor);
    const replacement =
      kind && position !== undefined
        ? reshape(slice(this.stack(kind), 0, position, position + 1), tensor.shape)
        : this.compute(tensor, (input) => this.replace(this.original(input)!));
    this.replacements.set(tensor, replacement);
    return replacement;
  }

  /** A tensor computed by itself, from inputs that `lookup` returns. */
  compute(tensor: Tensor, lookup: (input: Tensor) => Tensor): Tensor {
    if (tensor.inputs.length === 0) {
      return tensor;
    }
    const terms = this.sums.get(tensor);
    return terms && terms.length > 2
      ? this.addTerms(terms, lookup)
      : apply(tensor.operation, tensor.inputs.map(lookup), tensor.attributes);
  }

  /** The sum of terms: one sum for all members of a stack, and one for many terms of one shape. */
  private addTerms(terms: readonly Tensor[], lookup: (term: Tensor) => Tensor): Tensor {
    const remaining = terms.map((term) => this.original(term) ?? term);
    const parts: Tensor[] = [];
    for (const kind of new Set(remaining.flatMap((term) => this.stackedKind(term) ?? []))) {
      if (kind.members.every((member) => remaining.includes(member))) {
        parts.push(sum(this.stack(kind), [0]));
        for (const member of kind.members) {
          remaining.splice(remaining.indexOf(member), 1);
        }
      }
    }
    for (const shape of new Set(remaining.map((term) => String(term.shape)))) {
      const values = remaining
        .filter((term) => String(term.shape) === shape)
        .map((term) => (this.original(term) ? this.replace(term) : lookup(term)));
      parts.push(...(values.length >= MANY_TERMS ? [sum(asStack(values), [0])] : values));
    }
    return parts.reduce((total, part) => add(total, part));
  }

  /** All members of a kind, `[K, …]`. */
  private stack(kind: Kind): Tensor {
    const existing = this.stacks.get(kind);
    if (existing) {
      return existing;
    }
    const stack = this.computeStack(kind);
    this.stacks.set(kind, stack);
    return stack;
  }

  private computeStack({ members }: Kind): Tensor {
    const [first, last] = [members[0]!, members.at(-1)!];
    const range = sliced(first);
    if (range && range.axis === 0 && isInput(range.source)) {
      const rows = slice(range.source, 0, range.start, sliced(last)!.end);
      return reshape(rows, [members.length, ...first.shape]);
    }
    const operands = first.inputs.map((_, index) =>
      this.operand(members.map(({ inputs }) => this.original(inputs[index]!)!)),
    );
    return stacked({ member: first, operands, count: members.length })!;
  }

  /** One operand of all members of a stack: shared, or a stack of its own. */
  private operand(tensors: readonly Tensor[]): Operand {
    const first = tensors[0]!;
    return tensors.every((tensor) => tensor === first)
      ? { tensor: this.replace(first), stacked: false }
      : { tensor: this.join(tensors), stacked: true };
  }

  /** Tensors of one kind as one tensor: a range of their stack, or copies. */
  private join(tensors: readonly Tensor[]): Tensor {
    const first = tensors[0]!;
    const source = reshapeSource(first);
    if (source && this.isFree(first)) {
      const sources = tensors.map(({ inputs }) => this.original(inputs[0]!)!);
      return reshape(this.join(sources), [tensors.length, ...first.shape]);
    }
    const kind = this.kindOf(first);
    const start = kind?.places.get(first);
    if (kind && start !== undefined && !isInput(first)) {
      const isRange = tensors.every((tensor, index) => kind.members[start + index] === tensor);
      if (isRange) {
        return slice(this.stack(kind), 0, start, start + tensors.length);
      }
    }
    const key = tensors.map(({ id }) => id).join();
    const copies = this.copies.get(key) ?? asStack(tensors.map((tensor) => this.replace(tensor)));
    this.copies.set(key, copies);
    return copies;
  }

  /** The kind of an original that is worth a stack; undefined if nothing is computed, or only once. */
  private stackedKind(tensor: Tensor): Kind | undefined {
    const kind = this.isFree(tensor) ? undefined : this.kindOf(tensor);
    return kind && kind.members.length > 1 ? kind : undefined;
  }

  /** Whether a tensor costs nothing: an input of the program in some shape. */
  private isFree(tensor: Tensor): boolean {
    const source = reshapeSource(tensor);
    return isInput(tensor) || (source !== undefined && this.isFree(this.original(source)!));
  }
}

/** Stacks tensors of one shape, `[K, …]`. */
function asStack(tensors: readonly Tensor[]): Tensor {
  return concatenate(
    tensors.map((tensor) => reshape(tensor, [1, ...tensor.shape])),
    0,
  );
}

/**
 * The terms of every sum among these tensors that is not itself a term of another one: what a chain of additions
 * adds, if nothing else uses its intermediate results and `isPart` holds for all of them.
 *
 * @param order the tensors, inputs first
 * @param results those whose values are needed themselves
 */
function sumsIn(
  order: readonly Tensor[],
  results: readonly Tensor[],
  isPart: (tensor: Tensor) => boolean,
): ReadonlyMap<Tensor, readonly Tensor[]> {
  const user = soleUsers(order, results);
  const terms = new Map<Tensor, Tensor[]>();
  for (const tensor of order.filter((node) => isComputedBy(add.operation, node) && isPart(node))) {
    const flattened = tensor.inputs.flatMap((input) => {
      const inner = user.get(input) === tensor ? terms.get(input) : undefined;
      if (inner) {
        terms.delete(input);
      }
      return inner ?? [input];
    });
    terms.set(tensor, flattened);
  }
  return terms;
}
