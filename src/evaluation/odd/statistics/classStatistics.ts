// The statistics of images under a model with classes: the class that suits best, and how well the label does.
import type { Labels } from '../../../data/contract/dataset.ts';
import { mean } from '../../../numeric/statistics.ts';
import type { ClassLikelihoods } from '../../../trained/model/classLikelihoods.ts';
import type { FlowModel } from '../../../trained/model/flowModel.ts';
import { natsPerUnit } from '../../../trained/model/scoring.ts';

/**
 * `bestClass`, the bits/dim given the class that suits an image best, and for labelled images `labelMargin`, the bits by which
 * the best other class suits it better than its label; both of the mean over draws of ln p(x | class).
 */
export function classStatistics(
  { model }: FlowModel,
  { classes, draws }: ClassLikelihoods,
  labels: Labels | undefined,
): { bestClass: Float64Array; labelMargin?: Float64Array } {
  const images = draws[0]!.length / classes;
  const given = (image: number): number[] =>
    Array.from({ length: classes }, (_, number) =>
      mean(draws.map((draw) => draw[image * classes + number]!)),
    );
  const bestClass = new Float64Array(images);
  const labelMargin = new Float64Array(images);
  for (let image = 0; image < images; image++) {
    const each = given(image);
    bestClass[image] = Math.max(...each) / natsPerUnit(model);
    if (labels) {
      const own = labels.classOf(image);
      const others = each.filter((_, number) => number !== own);
      labelMargin[image] = (Math.max(...others) - each[own]!) / Math.LN2;
    }
  }
  return { bestClass, ...(labels && classes > 1 && { labelMargin }) };
}
