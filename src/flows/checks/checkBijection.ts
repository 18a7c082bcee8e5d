// Checks any layer against the contract of bijections: the same checks for this library's layers and your
// own.
import { UserError } from '../../core/errors.ts';
import type { NdArray } from '../../core/numeric/index.ts';
import { sameShape, showShape } from '../../tensor/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import { asConditionFeeds, asFeeds, compileValues } from './bijectionProgram.ts';
import { type BijectionCheck, CheckContext } from './checkContext.ts';
import { checkFloat32, checkGradients, checkLogDets } from './derivativeChecks.ts';
import { randomCondition, randomImages, randomParameters } from './randomParameters.ts';
import {
  checkedGraph,
  checkIndependence,
  checkInverseAtStart,
  checkInverses,
  checkLogDetMap,
  checkOpenBatch,
  finiteValues,
  startValues,
} from './valueChecks.ts';

/** How a bijection is checked. */
export interface CheckBijectionOptions {
  /**
   * Values for all parameters, by name, from a trained layer or chosen to expose a wrong formula.
   * By default random, far from the initial values, with both signs.
   */
  readonly parameters?: Readonly<Record<string, NdArray>>;
  /** Images in the batch, 2 or more; default 3. */
  readonly images?: number;
  /** Trained parameters that need not have any effect. */
  readonly withoutEffect?: readonly string[];
  /** Threads that share each operation; by default one per core. */
  readonly threads?: number;
}

/** The results of checking a bijection. */
export interface BijectionReport {
  /** Whether the check passed. */
  readonly ok: boolean;
  /** Every check that failed. */
  readonly problems: readonly BijectionCheck[];
  /** Every check that was performed; if a layer cannot be built or run, checking stops there. */
  readonly checks: readonly BijectionCheck[];
}

/**
 * Runs a bijection through the checks that every layer of this library must pass, in float64 with random
 * parameters and a batch of different images, each with random values of the conditions that the layer declares:
 *
 * - shapes of y, logDet and inverse; initial values that have the declared shapes and depend only on the
 *   seed;
 * - inverse(forward(x)) = x and forward(inverse(y)) = y, with random and with initial parameters;
 * - logDet of each image against its dense Jacobian, or along random directions where an image has more than 800
 *   values;
 * - that logDetMap, if there is one, adds up to logDet;
 * - the gradients of x and of every trained parameter against central differences; that none is zero everywhere; that
 *   masked elements have no gradient and no effect;
 * - that no image depends on another one, and that an open batch gives the same results;
 * - that float32 agrees to 10⁻⁴.
 *
 * A wrong layer results in a report with problems, never an exception.
 *
 * @throws UserError if the options do not fit the layer
 */
export async function checkBijection(
  layer: Bijection,
  { parameters, images = 3, withoutEffect = [], threads }: CheckBijectionOptions = {},
): Promise<BijectionReport> {
  if (!Number.isInteger(images) || images < 2) {
    throw new UserError(
      'invalid-argument',
      `check: images must be a whole number of 2 or more, not ${images}`,
    );
  }
  if (parameters) {
    checkParameters(layer, parameters);
  }
  for (const path of withoutEffect) {
    if (!layer.parameters[path]) {
      throw new UserError(
        'invalid-argument',
        `check: withoutEffect names '${path}', which ${layer.name} does not have`,
      );
    }
  }
  const context = new CheckContext(layer, images, threads);
  await runChecks(context, parameters, withoutEffect);
  return createReport(context.checks);
}

/** The report of checks. */
export function createReport(checks: readonly BijectionCheck[]): BijectionReport {
  const problems = checks.filter(({ value, limit }) => !(value <= limit));
  return { ok: problems.length === 0, problems, checks };
}

/** Performs all checks that the layer allows. */
async function runChecks(
  context: CheckContext,
  givenParameters: CheckBijectionOptions['parameters'],
  withoutEffect: readonly string[],
): Promise<void> {
  const { layer, images } = context;
  const start = await context.attempt('start values', () => startValues(context));
  const graph = start && (await context.attempt('building the graph', () => checkedGraph(context)));
  const program =
    graph && (await context.attempt('compiling', () => compileValues(graph, context.precision('float64'))));
  if (!start || !graph || !program) {
    return;
  }
  const parameters = givenParameters ?? randomParameters(layer.parameters);
  const x = randomImages(images, layer.inputShape, 'x');
  const condition = randomCondition(images, layer.conditions);
  const feeds = {
    x,
    target: randomImages(images, layer.outputShape, 'target'),
    ...asFeeds(parameters),
    ...asConditionFeeds(condition),
  };
  const result = await context.attempt('running', () => finiteValues(context, program, feeds));
  if (result) {
    const attempt = context.attempt.bind(context);
    await attempt('inverse at the start', () => checkInverseAtStart(context, program, feeds, start));
    await attempt('inverse', () => checkInverses(context, program, feeds, result));
    await attempt('images', () => checkIndependence(context, program, feeds, result));
    const gradients = await attempt('gradients', () =>
      checkGradients(context, graph, program, feeds, withoutEffect),
    );
    const isRight = gradients?.isRight === true;
    await attempt('logDet', () =>
      checkLogDets(context, { x, parameters, condition }, result.logDet!, isRight),
    );
    await attempt('logDetMap', () => checkLogDetMap(context, result));
    await attempt('float32', () => checkFloat32(context, graph, feeds, gradients?.result ?? result));
    await attempt('open batch', () => checkOpenBatch(context, feeds, result));
  }
  await program.release();
}

function checkParameters(
  { name, parameters: specs }: Bijection,
  parameters: Readonly<Record<string, NdArray>>,
): void {
  for (const path of new Set([...Object.keys(specs), ...Object.keys(parameters)])) {
    const [expected, actual] = [specs[path]?.shape, parameters[path]?.shape];
    if (!expected || !actual || !sameShape(expected, actual)) {
      throw new UserError(
        'invalid-argument',
        `check: the parameter '${path}' of ${name}: expected ${expected ? showShape(expected) : 'none'}, ` +
          `given ${actual ? showShape(actual) : 'none'}`,
      );
    }
  }
}
