// The section of an audit about labels that are likely wrong.
import type { Audit } from '../../evaluation/audit/audit.ts';
import { LARGE_CLASS, type WrongLabelEstimate } from '../../evaluation/audit/wrongLabels.ts';
import { formatCount, formatCounted } from '../terminal/format.ts';
import { type AuditSection, type SectionOptions, shownList } from './section.ts';

/** From this share of wrong labels on, the classes may not be meant as such. */
const MANY = 0.1;

/** Images that another class suits better. */
export function labelSection(found: Audit, { top }: SectionOptions): AuditSection {
  const about = { id: 'labels', title: 'Likely wrong labels' };
  const { labels, images, conflicts } = found;
  const classes = found.dataset.classes ?? [];
  const classOf = (image: number): string => classes[images[image]!.label!]!;
  const conflicting = conflicts.map((group) =>
    shownList(
      group.map((image) => ({ image, note: classOf(image) })),
      top,
      'Identical images with different labels',
    ),
  );
  const certain =
    conflicts.length > 0
      ? `${formatCounted(conflicts.length, 'group')} of identical images with different labels`
      : '';
  if (!('found' in labels)) {
    return {
      ...about,
      found: certain || 'not examined',
      attention: conflicts.length > 0,
      about: [`Not examined: ${labels.missing}.`],
      groups: conflicting.slice(0, top),
    };
  }
  const { doubtful, judged, estimate, by } = labels.found;
  const listed = doubtful.slice(0, top);
  const number =
    estimate === undefined || doubtful.length === 0
      ? `${formatCount(doubtful.length)} to check${estimate === undefined ? ', no estimate' : ''}`
      : `${formatCount(doubtful.length)} to check, at most about ${formatCount(Math.ceil(estimate.most))} clearly wrong`;
  return {
    ...about,
    found: [...(certain ? [certain] : []), number].join('; '),
    attention: listed.length + conflicts.length > 0,
    about: [
      by === 'label'
        ? 'Ranked by the score label of the model: the bits by which another class suits an image better than its label.'
        : 'Ranked by neighbours: how much nearer the third nearest image of another class is than the third nearest of its own class, at 16 x 16 pixels. With --model, a model with classes ranks them by likelihood.',
      `Another class suits ${formatCounted(doubtful.length, 'image')} better.${doubtful.length > 0 ? ' Most of these are unusual examples with the right label.' : ''}`,
      ...(estimate === undefined
        ? [
            `The number of wrong labels can't be estimated: that takes two classes of at least ${LARGE_CLASS} different images.`,
          ]
        : estimateText(estimate, judged)),
      ...(judged < images.length - found.identical.reduce((sum, { length }) => sum + length - 1, 0)
        ? ['Images of classes with fewer than four different images are not judged.']
        : []),
    ],
    next:
      listed.length + conflicts.length > 0
        ? 'Look at each, and correct the label: move the file to the folder of its class.'
        : undefined,
    groups: [
      ...conflicting.slice(0, top),
      ...(listed.length > 0
        ? [
            shownList(
              doubtful.map(({ image, suggested }) => ({
                image,
                note: `${classOf(image)}, rather ${classes[suggested]}`,
              })),
              top,
              'The most doubtful first',
            ),
          ]
        : []),
    ],
  };
}

/** How many labels may be wrong. */
function estimateText({ of, most }: WrongLabelEstimate, judged: number): string[] {
  const small = judged - of;
  const where = small > 0 ? ` in classes of at least ${LARGE_CLASS}` : '';
  return [
    `Of the ${formatCounted(of, 'image')}${where}, at most about ${formatCount(Math.ceil(most))} have a label as wrong as a random one, by comparison with the same images under random other labels. Confusions of similar classes are not counted, so look at the list in any case.`,
    ...(small > 0
      ? [`No estimate for ${formatCounted(small, 'image')} of smaller classes: too few to tell.`]
      : []),
    ...(most > MANY * of
      ? [
          'If many seem wrong, the classes may not be about what the images show: folders of sizes or dates, for example.',
        ]
      : []),
  ];
}
