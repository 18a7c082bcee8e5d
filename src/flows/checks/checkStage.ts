// Checks any stage against its contract: its bijection, its densities, and the distribution of its latents.

import { type NdArray, oneHotRows, relativeError } from '../../core/numeric/index.ts';
import { evaluate, onCpu } from '../../tensor/engine/index.ts';
import { constant, type Tensor } from '../../tensor/index.ts';
import { add, concatenate, multiply, subtract, sum, sumPerImage } from '../../tensor/operations/index.ts';
import { CLASSES, type Condition } from '../contract/condition.ts';
import { parametersFrom } from '../contract/parameters.ts';
import type { Stage } from '../models/stages.ts';
import { BASE } from '../priors/prior.ts';
import { checkBase } from './checkBase.ts';
import {
  type BijectionReport,
  type CheckBijectionOptions,
  checkBijection,
  createReport,
} from './checkBijection.ts';
import { CheckContext, LIMITS } from './checkContext.ts';
import { randomCondition, randomImages, randomParameters } from './randomParameters.ts';

/**
 * Runs a stage through the checks that every stage of this library must pass, in float64 with random parameters, images and
 * conditions:
 *
 * - `checkBijection` for the stage as a bijection;
 * - that `forward` gives the same as the bijection, and `inverse` the images;
 * - that the log-densities agree with the bijection and the base distribution, and the pixels' shares add up to them;
 * - that the log-density by class agrees with each class;
 * - `checkBase` for the base distribution: with the stage's parameters of it if they are of 2 channels, as it tests, and
 *   with random ones otherwise.
 *
 * A wrong stage results in a report with problems, never an exception.
 *
 * @throws UserError if the options do not fit the stage
 */
export async function checkStage(
  stage: Stage,
  options: CheckBijectionOptions = {},
): Promise<BijectionReport> {
  const { parameters: givenParameters, images = 3, withoutEffect = [], threads } = options;
  const { bijection, base } = stage;
  const isOfBase = (path: string): boolean => path.startsWith(`${BASE}/`);
  const paths = Object.keys(stage.parameters);
  const { checks } = await checkBijection(bijection, {
    ...options,
    // A bijection does not depend on the distribution of its latents.
    withoutEffect: [...withoutEffect, ...paths.filter(isOfBase)],
  });
  const context = new CheckContext(bijection, images, threads);
  const values =
    givenParameters ?? (await context.attempt('parameters', () => randomParameters(stage.parameters)));
  if (!values) {
    return createReport([...checks, ...context.checks]);
  }
  await context.attempt('the stage', () => compareWithBijection(context, stage, values));
  const ofBase = Object.fromEntries(
    Object.entries(values).flatMap(([path, array]) =>
      isOfBase(path) ? [[path.slice(BASE.length + 1), array] as const] : [],
    ),
  );
  const fits = Object.values(ofBase).every(({ shape }) => shape.at(-1) === 2);
  const distribution =
    base &&
    (await checkBase(base, {
      ...(fits && { parameters: ofBase }),
      ...(threads !== undefined && { threads }),
    }));
  return createReport([...checks, ...context.checks, ...(distribution?.checks ?? [])]);
}

async function compareWithBijection(
  context: CheckContext,
  stage: Stage,
  values: Readonly<Record<string, NdArray>>,
): Promise<void> {
  const { images } = context;
  const { bijection, base, byClass } = stage;
  const p = parametersFrom(asConstants(values));
  const { [CLASSES]: classes, ...others } = randomCondition(images, bijection.conditions);
  const count = classes?.shape[1] ?? 0;
  const oneHot = (numberOf: (image: number) => number): Condition => ({
    ...asConstants(others),
    ...(count > 0 && {
      [CLASSES]: constant(
        oneHotRows(
          Array.from({ length: images }, (_, image) => numberOf(image)),
          count,
        ),
      ),
    }),
  });
  const condition = oneHot((image) => image % count);
  const x = constant(randomImages(images, bijection.inputShape, 'x'));
  const result = stage.forward(x, p, condition);
  const transformed = bijection.forward(x, p, condition);
  const parts = [result.y, result.epsilon].filter((part) => part !== undefined);
  const joined = parts.length === 1 ? parts[0]! : concatenate(parts, 3);
  const back = stage.inverse(
    { ...(result.y && { y: result.y }), ...(result.epsilon && { epsilon: result.epsilon }) },
    p,
    condition,
  );
  const perImage = (tensor: Tensor | undefined): Tensor =>
    add(tensor ?? constant(0), constant(zeros(images)));
  const density = add(perImage(result.logPrior), perImage(result.logDet));
  const { epsilon } = result;
  const expected =
    base && epsilon
      ? subtract(
          subtract(transformed.logDet, sumPerImage(base.energy(epsilon, p.at(BASE)))),
          (base.logNormaliser ?? 0) * epsilon.shape.slice(1).reduce((product, length) => product * length, 1),
        )
      : transformed.logDet;
  const [height, width] = bijection.inputShape;
  const pixels = constant({
    shape: [images, height, width],
    data: new Float64Array(images * height * width),
  });
  const pairs: [string, Tensor, Tensor][] = [
    ['the result of the stage against its bijection', joined, transformed.y],
    ['inverse of the stage', back, x],
    ['densities of the stage', density, perImage(expected)],
    ['sum of the shares of pixels', sum(add(result.shares, pixels), [1, 2]), density],
  ];
  if (byClass) {
    const densities = byClass.logPrior(x, p, asConstants(others));
    for (let number = 0; number < byClass.count; number++) {
      const { logPrior } = stage.forward(
        x,
        p,
        oneHot(() => number),
      );
      const selected = constant(oneHotRows(Array(images).fill(number), byClass.count));
      pairs.push([
        `log-density of class ${number}`,
        sum(multiply(densities, selected), [1]),
        perImage(logPrior),
      ]);
    }
  }
  const tensors = pairs.flatMap(([, actual, expected]) => [actual, expected]);
  const arrays = await evaluate(tensors, { ...onCpu(context.precision('float64')) });
  pairs.forEach(([subject], index) => {
    const [actual, expected] = [arrays[2 * index]!, arrays[2 * index + 1]!];
    context.note(subject, relativeError(actual.data, expected.data), LIMITS.inverse);
  });
}

function asConstants(values: Readonly<Record<string, NdArray>>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(values).map(([name, array]) => [name, constant(array)]));
}

function zeros(images: number): NdArray {
  return { shape: [images], data: new Float64Array(images) };
}
