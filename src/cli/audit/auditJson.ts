// The results of an audit as JSON: images by name.
import type { Audit, Finding } from '../../evaluation/audit/audit.ts';
import { ENOUGH_TO_CALL } from '../../evaluation/odd/calibrate.ts';
import { messageOf } from '../terminal/wording.ts';

/** The results, with names instead of positions; lists of odd images and labels have at most `top` entries. */
export function auditJson(found: Audit, top: number): Record<string, unknown> {
  const { images, dataset, unreadable, sizes, unusualSizes, oddAspects, unusualModes, blank } = found;
  const nameOf = (image: number): string => images[image]!.name;
  const namesOf = (some: readonly number[]): string[] => some.map(nameOf);
  const groupsOf = (groups: readonly (readonly number[])[]) =>
    groups.map((group) => group.map((image) => ({ image: nameOf(image), split: images[image]!.split })));
  const classes = dataset.classes ?? [];
  return {
    images: images.length,
    identical: groupsOf(found.identical),
    near: resultOf(found.near, groupsOf),
    unreadable,
    leftOut: [...(dataset.leftOut?.otherFormats ?? []), ...(dataset.leftOut?.noImages ?? [])],
    sizes: Object.fromEntries(sizes.map(({ what, images: some }) => [what, some.length])),
    unusualSizes: namesOf(unusualSizes),
    oddAspects: namesOf(oddAspects),
    unusualModes: Object.fromEntries(unusualModes.map(({ what, images: some }) => [what, namesOf(some)])),
    blank: namesOf(blank),
    modelNotUsed: found.unused ? messageOf(found.unused) : null,
    odd: resultOf(found.odd, ({ score, ranked, flagged, byChance, references, source = null }) => ({
      score,
      scored: ranked.length,
      flagged,
      // Few references can't tell.
      expectedByChance:
        references !== undefined && references < ENOUGH_TO_CALL ? null : byChance * ranked.length,
      source,
      images: ranked.slice(0, top).map(({ image, ...rest }) => ({ image: nameOf(image), ...rest })),
    })),
    notScored: namesOf(found.notScored),
    labels: resultOf(found.labels, ({ doubtful, judged, estimate, by }) => {
      const listed = doubtful.slice(0, top);
      return {
        by,
        judged,
        doubtful: doubtful.length,
        estimate: estimate ? { of: estimate.of, mostClearlyWrong: estimate.most } : null,
        images: listed.map(({ image, margin, suggested }) => ({
          image: nameOf(image),
          split: images[image]!.split,
          label: classes[images[image]!.label!],
          suggested: classes[suggested],
          margin,
        })),
      };
    }),
    conflicts: groupsOf(found.conflicts),
    warnings: dataset.warnings ?? [],
  };
}

function resultOf<Result>(finding: Finding<Result>, show: (found: Result) => unknown): unknown {
  return 'found' in finding ? show(finding.found) : finding;
}
