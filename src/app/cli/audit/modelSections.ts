// The sections of an audit about odd images and about labels: by a model, or by distances.
import { type Audit, LARGE_CLASS, type WrongLabelEstimate } from '../../../uses/odd/audit/index.ts';
import { ENOUGH_TO_CALL, ODD, scorePhrase, scores } from '../../../uses/odd/index.ts';
import { sourceText } from '../parts/scoreReport.ts';
import { formatCount, formatCounted, formatExpected, formatFixed } from '../terminal/format.ts';
import { errorMessage } from '../terminal/wording.ts';
import { type AuditSection, type SectionOptions, shownList } from './section.ts';

/** With so few images, a statistic says little. */
const FEW = 100;

/** Images unlike the others. */
export function oddSection(audit: Audit, options: SectionOptions): AuditSection {
  const about = { id: 'odd', title: 'Odd images' };
  const { odd, unused } = audit;
  const notUsed = unused && `The model was not used: ${errorMessage(unused)}.`;
  if (!('found' in odd)) {
    return {
      ...about,
      found: 'not examined',
      attention: unused !== undefined,
      about: [...(notUsed ? [notUsed] : []), `Not examined: ${odd.missing}.`],
      groups: [],
    };
  }
  const isByModel = odd.found.score !== 'neighbours';
  const section = isByModel ? byModelSection(audit, odd.found) : byNeighboursSection(odd.found, options);
  const { ranked } = odd.found;
  return {
    ...about,
    ...section,
    found: notUsed ? `${section.found}; without the model` : section.found,
    attention: section.attention || unused !== undefined,
    about: [
      ...(notUsed ? [notUsed] : []),
      ...section.about,
      ...(ranked.length < FEW
        ? [`With only ${formatCounted(ranked.length, 'image')}, this says little.`]
        : []),
    ],
    groups: shownList(
      ranked.map(({ image, score, pValue }) => ({
        image,
        note: pValue === undefined ? `distance ${formatFixed(score, 1)}` : `p = ${pValue.toFixed(4)}`,
      })),
      options.top,
      'The oddest first',
    ),
  };
}

/** What differs between odd images found in one way and in another. */
type OddText = Pick<AuditSection, 'found' | 'attention' | 'about' | 'next'>;

type FoundOdd = Extract<Audit['odd'], { found: unknown }>['found'];

/** How many images are flagged, and how many to expect if none is odd. */
function flaggedText({ ranked, flagged, byChance }: FoundOdd): Pick<AuditSection, 'found' | 'attention'> {
  const expected = byChance * ranked.length;
  return {
    found: `${formatCount(flagged)}; ${formatExpected(expected)} expected by chance`,
    attention: flagged > 2 * expected + 2,
  };
}

function byModelSection({ images, notScored }: Audit, odd: FoundOdd): OddText {
  const { score, ranked, flagged, references = 0, source } = odd;
  const definition = scores.find(score);
  const canFlag = references >= ENOUGH_TO_CALL;
  const result = canFlag
    ? flaggedText(odd)
    : {
        found: `the most unusual are shown; too few validation images (${references}) to call any odd at ${100 * ODD} %`,
        attention: false,
      };
  const [first] = notScored;
  return {
    ...result,
    about: [
      `Score of the model: ${score}, ${scorePhrase(definition)}. ${definition.trust ?? ''}`.trimEnd(),
      canFlag
        ? `p-value at most ${ODD}: ${formatCounted(flagged, 'image')}; ${formatExpected(ODD * ranked.length)} expected by chance if all come from the source of the ${formatCount(references)} validation images. Images that the model was trained on look slightly less odd than new ones.`
        : `Compared with ${formatCounted(references, 'validation image')}, images are only ranked: to call one odd at ${100 * ODD} %, at least ${ENOUGH_TO_CALL} are needed.`,
      // A large set may differ though no image is odd.
      ...(result.attention && source && !source.same ? [sourceText(source, ranked.length)] : []),
      ...(first === undefined
        ? []
        : [
            `Not scored, since the model takes another size or colour type: ${formatCounted(notScored.length, 'image')}, such as ${images[first]!.name}. --resize fits them.`,
          ]),
    ],
    next:
      flagged > 0
        ? `Look at ${flagged === 1 ? 'this image' : `these ${formatCount(flagged)}`} first, and remove those that don't belong. emerging score MODEL IMAGES --map FOLDER shows where they are odd.`
        : undefined,
  };
}

function byNeighboursSection(odd: FoundOdd, { source }: SectionOptions): OddText {
  const { ranked, flagged, byChance } = odd;
  return {
    ...flaggedText(odd),
    about: [
      "The distance to the fifth most similar image, at 16 x 16 pixels. It finds images that differ from all others in colour or layout, and misses small defects, noise and blur. Images are flagged beyond Tukey's fence: 1.5 interquartile ranges above the upper quartile of the logarithms.",
      `Beyond the fence: ${formatCounted(flagged, 'image')}; ${formatExpected(byChance * ranked.length)} expected by chance if the distances are log-normal.`,
    ],
    next: `${flagged > 0 ? `Look at ${flagged === 1 ? 'this image' : `these ${formatCount(flagged)}`} first, and remove those that don't belong. ` : ''}A model trained on images like these adds p-values and finds noise, blur and compression: emerging datasets audit ${source} --model RUN.`,
  };
}

/** From this share of wrong labels on, the classes may not be meant as such. */
const MANY = 0.1;

/** Images that another class suits better. */
export function labelSection(audit: Audit, { top }: SectionOptions): AuditSection {
  const about = { id: 'labels', title: 'Likely wrong labels' };
  const { labels, images, conflicts } = audit;
  const classes = audit.dataset.classes ?? [];
  const className = (image: number): string => classes[images[image]!.label!]!;
  const conflicting = conflicts.flatMap((group) =>
    shownList(
      group.map((image) => ({ image, note: className(image) })),
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
  const number =
    estimate === undefined || doubtful.length === 0
      ? `${formatCount(doubtful.length)} to check${estimate === undefined ? ', no estimate' : ''}`
      : `${formatCount(doubtful.length)} to check, at most about ${formatCount(Math.ceil(estimate.most))} clearly wrong`;
  const [unjudged, judgeable] =
    by === 'label'
      ? ['Images that the model has not scored', images.length]
      : [
          'Images of classes with fewer than four different images',
          images.length - audit.identical.reduce((sum, { length }) => sum + length - 1, 0),
        ];
  return {
    ...about,
    found: [...(certain ? [certain] : []), number].join('; '),
    attention: doubtful.length + conflicts.length > 0,
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
      ...(judged < judgeable ? [`${unjudged} are not judged.`] : []),
    ],
    next:
      doubtful.length + conflicts.length > 0
        ? 'Look at each, and correct the label: move the file to the folder of its class.'
        : undefined,
    groups: [
      ...conflicting.slice(0, top),
      ...shownList(
        doubtful.map(({ image, suggested }) => ({
          image,
          note: `${className(image)}, rather ${classes[suggested]}`,
        })),
        top,
        'The most doubtful first',
      ),
    ],
  };
}

/** How many labels may be wrong. */
function estimateText({ of: examined, most: upperBound }: WrongLabelEstimate, judged: number): string[] {
  const small = judged - examined;
  const where = small > 0 ? ` in classes of at least ${LARGE_CLASS}` : '';
  return [
    `Of the ${formatCounted(examined, 'image')}${where}, at most about ${formatCount(Math.ceil(upperBound))} have a label as wrong as a random one, by comparison with the same images under random other labels. Confusions of similar classes are not counted, so look at the list in any case.`,
    ...(small > 0
      ? [`No estimate for ${formatCounted(small, 'image')} of smaller classes: too few to tell.`]
      : []),
    ...(upperBound > MANY * examined
      ? [
          'If many seem wrong, the classes may not be about what the images show: folders of sizes or dates, for example.',
        ]
      : []),
  ];
}
