// The sections of an audit about what images show: duplicates, odd images and labels.
import type { Audit } from '../../evaluation/audit/audit.ts';
import { ODD } from '../../evaluation/odd/calibrate.ts';
import { oddScores } from '../../evaluation/odd/scores/registry.ts';
import { formatCount, formatCounted } from '../terminal/format.ts';
import {
  type AuditSection,
  groupsText,
  isShared,
  type SectionOptions,
  shownGroups,
  shownList,
} from './section.ts';

/** With so few images, a statistic says little. */
const FEW = 100;

/** From this share of wrong labels on, the classes may not be meant as such. */
const MANY = 0.1;

/** The effect of images in two splits. */
const leak = 'Test results on images that are also in the training images are too good.';

/** Images with the same pixels. */
export function identicalSection(found: Audit, { source, top }: SectionOptions): AuditSection {
  const { images, identical } = found;
  return {
    id: 'identical',
    title: 'Identical images',
    found: groupsText(images, identical),
    attention: identical.length > 0,
    about: [
      'Images with the same size and pixels, in files of any format. There are no false alarms.',
      ...(identical.some((group) => isShared(images, group)) ? [leak] : []),
    ],
    next:
      identical.length > 0
        ? `emerging datasets prepare ${source} --size N --unique keeps the first of each group only, in the order training, validation, test.`
        : undefined,
    ...shownGroups(found, identical, top),
  };
}

/** Copies with small changes. */
export function nearSection(found: Audit, { top }: SectionOptions): AuditSection {
  const { images, near } = found;
  const groups = 'found' in near ? near.found : [];
  return {
    id: 'near',
    title: 'Near duplicates',
    found: 'found' in near ? groupsText(images, groups) : 'not examined',
    attention: groups.length > 0,
    about:
      'found' in near
        ? [
            'Copies that were compressed again, resized, shifted by a pixel, or made slightly brighter. Each image is compared with its nearest neighbours: of pictures of 32 x 32, a least-squares fit of brightness, contrast, blur and shift (Lucas and Kanade) must leave at most 4 % of the variance, and at most half of what it leaves for the most similar other image.',
            'False alarms: simple images of the same kind that hardly differ at 32 x 32, such as two strokes or two icons with another small mark. Not found: mirrored, rotated, cropped or recoloured copies.',
            ...(groups.some((group) => isShared(images, group)) ? [leak] : []),
          ]
        : [`Not examined: ${near.missing}.`],
    next:
      groups.length > 0
        ? 'Compare the images of each group, and delete copies; of groups in both splits, delete the training image. No option deletes them for you.'
        : undefined,
    ...shownGroups(found, groups, top),
  };
}

/** Images unlike the others. */
export function oddSection(found: Audit, { top, source }: SectionOptions): AuditSection {
  const about = { id: 'odd', title: 'Odd images' };
  const { odd, notScored } = found;
  if (!('found' in odd)) {
    return {
      ...about,
      found: 'not examined',
      attention: false,
      about: [`Not examined: ${odd.missing}.`],
      groups: [],
    };
  }
  const { score, ranked, flagged, byChance } = odd.found;
  const chance = byChance === null ? '' : `about ${countText(byChance * ranked.length)} by chance`;
  const isModel = score !== 'neighbours';
  return {
    ...about,
    found: byChance === null ? `ranked by ${score}` : `${formatCount(flagged)}; ${chance} if none is odd`,
    attention: byChance !== null && flagged > 2 * byChance * ranked.length + 2,
    about: [
      ...(isModel ? modelText(score) : neighbourText),
      ...(byChance === null
        ? ['No p-values: the reference of this model has only bits/dim.']
        : isModel
          ? [
              `p-value at most ${ODD}: ${formatCounted(flagged, 'image')}; ${chance} if all come from the source of the validation images. Training images of the model look slightly less odd than new ones.`,
            ]
          : [
              `Beyond the limit: ${formatCounted(flagged, 'image')}; ${chance} if the distances are log-normal.`,
            ]),
      ...(ranked.length < FEW
        ? [`With only ${formatCounted(ranked.length, 'image')}, this says little.`]
        : []),
      ...(notScored.length > 0
        ? [
            `Not scored, since the model takes another size or colour type: ${formatCounted(notScored.length, 'image')}. --resize fits them.`,
          ]
        : []),
    ],
    next: isModel
      ? 'Look at each, and remove those that do not belong. emerging score MODEL IMAGES --map FOLDER shows where they are odd.'
      : `Look at each, and remove those that do not belong. Then train a model and repeat: emerging datasets audit ${source} --model RUN.`,
    groups: [
      shownList(
        ranked.map(({ image, score: value, pValue }) => ({
          image,
          note:
            pValue === undefined
              ? `${score === 'neighbours' ? 'distance' : score} ${value.toFixed(1)}`
              : `p = ${pValue.toFixed(4)}`,
        })),
        top,
        'The oddest first',
      ),
    ],
  };
}

const neighbourText = [
  `The distance to the fifth most similar image, on pictures of 16 x 16. It finds images unlike all others in colour or layout, and misses small defects, noise and blur. Images are flagged beyond Tukey's fence: 1.5 interquartile ranges above the upper quartile of the logarithms.`,
  'A model trained on images like these would add p-values, and would find noise, blur, compression and unusual detail, which distances miss (--model).',
];

function modelText(score: keyof typeof oddScores): string[] {
  const { text, trust } = oddScores[score];
  return [`The score ${score} of the model: ${text}. ${trust}`];
}

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
  const { doubtful, judged, wrong, expectedRight, by } = labels.found;
  const listed = doubtful.slice(0, top);
  const right = expectedRight(listed.length);
  return {
    ...about,
    found: [...(certain ? [certain] : []), `about ${countText(wrong)} of ${formatCount(judged)}`].join('; '),
    attention: conflicts.length > 0 || wrong >= 1,
    about: [
      by === 'label'
        ? 'Ranked by the score label of the model: the bits by which another class suits an image better than its label.'
        : 'Ranked by neighbours: how much nearer the third nearest image of another class is than the third nearest of its own class, in pictures of 16 x 16. With --model, a model with classes ranks them by likelihood.',
      `Another class suits ${formatCounted(doubtful.length, 'image')} better; most of these are unusual examples with the right label. Of the ${formatCount(listed.length)} listed, expect about ${countText(right)} to be right. In all, about ${countText(wrong)} labels are wrong. These estimates compare the images with the same images under random wrong labels; confusions of similar classes are harder to find than that.`,
      ...(wrong > MANY * judged
        ? [
            'So many suggest that the classes are not about what the images show: folders of sizes or of dates, for example.',
          ]
        : []),
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

/** An expected number: with a decimal if it is small. */
function countText(expected: number): string {
  return expected < 9.5 ? String(Number(expected.toFixed(1))) : formatCount(Math.round(expected));
}
