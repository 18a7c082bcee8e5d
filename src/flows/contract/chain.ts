// Composes bijections.
import { showImageShape } from '../../core/numeric/index.ts';
import { constant, sameShape, type Tensor } from '../../tensor/index.ts';
import { add } from '../../tensor/operations/index.ts';
import { type Bijection, type BijectionResult, bijection } from './bijection.ts';
import { collectConditions, type Declaration, declared } from './condition.ts';
import { type ParameterSpecs, prefixed } from './parameters.ts';
import { logDetShares, sharesBefore } from './pixelMap.ts';

/**
 * The composition of bijections, the first one applied first; the log-determinants add up. Each part's
 * parameters are under its key. It depends on the conditions of all parts.
 *
 * @throws if a part does not take what the one before it returns, or two parts declare one condition with different shapes;
 * the error names both by position
 */
export function chain(name: string, parts: Readonly<Record<string, Bijection>>): Bijection {
  const entries = Object.entries(parts);
  if (entries.length === 0) {
    throw new Error(`chain '${name}': needs at least one bijection`);
  }
  const numbered = entries.filter(([key]) => /^\d+$/.test(key)).length;
  if (numbered > 0 && numbered < entries.length) {
    // An object lists integer keys before all others, regardless of the written order.
    throw new Error(`chain '${name}': keys are either all numbers or all words, not both`);
  }
  entries.slice(1).forEach(([key, part], index) => {
    const [previousKey, previous] = entries[index]!;
    if (!sameShape(previous.outputShape, part.inputShape)) {
      throw new Error(
        `chain '${name}': part ${index + 1} (${key}: ${part.name}) takes images ${showImageShape(part.inputShape)}, ` +
          `but part ${index} (${previousKey}: ${previous.name}) returns ${showImageShape(previous.outputShape)}`,
      );
    }
  });
  const parameters: ParameterSpecs = Object.assign(
    {},
    ...entries.map(([key, part]) => prefixed(key, part.parameters)),
  );
  const partName = (key: string): string => {
    const number = entries.findIndex(([otherKey]) => otherKey === key) + 1;
    return `chain '${name}': part ${number} (${key}: ${parts[key]!.name})`;
  };
  const checked = (result: BijectionResult, key: string, images: Tensor): BijectionResult => {
    requireTransformed(result, parts[key]!, images, partName(key));
    return result;
  };
  return bijection({
    name,
    inputShape: entries[0]![1].inputShape,
    outputShape: entries.at(-1)![1].outputShape,
    parameters,
    ...declared(collectConditions(entries.map(([key, part]): Declaration => [partName(key), part]))),
    parts,
    forward(x, p, condition) {
      let y = x;
      let logDet: Tensor = constant(0);
      const results: BijectionResult[] = [];
      for (const [key, part] of entries) {
        const result = checked(part.forward(y, p.at(key), condition), key, y);
        results.push(result);
        y = result.y;
        logDet = add(logDet, result.logDet);
      }
      return results.some(({ logDetMap }) => logDetMap)
        ? { y, logDet, logDetMap: combineMaps(parts, results) }
        : { y, logDet };
    },
    inverse: (y, p, condition) =>
      entries.reduceRight((x, [key, part]) => part.inverse(x, p.at(key), condition), y),
  });
}

/** Checks what `forward` of a part returned for images x: a wrong shape would be met far from the layer that made it. */
function requireTransformed(
  { y, logDet }: Partial<BijectionResult>,
  { outputShape }: Bijection,
  x: Tensor,
  where: string,
): void {
  const images = x.shape[0]!;
  const expected = [images, ...outputShape];
  if (!y?.shape || !sameShape(y.shape, expected)) {
    throw new Error(`${where}: forward must return y of shape [${expected}], not ${shapeOr(y)}`);
  }
  if (!logDet?.shape || !(sameShape(logDet.shape, []) || sameShape(logDet.shape, [images]))) {
    throw new Error(
      `${where}: forward must return logDet of shape [] or [${images}], not ${shapeOr(logDet)}`,
    );
  }
}

function shapeOr(value: Tensor | undefined): string {
  return value?.shape ? `[${value.shape}]` : String(value);
}

/** The shares of the pixels of a chain's input, from the results of its parts; at least one has a map. */
function combineMaps(
  parts: Readonly<Record<string, Bijection>>,
  results: readonly BijectionResult[],
): Tensor {
  return Object.values(parts).reduceRight<Tensor>((shares, { inputShape, outputShape }, index) => {
    const before = sharesBefore(shares, outputShape, inputShape);
    return add(before, logDetShares(results[index]!, inputShape));
  }, constant(0));
}
