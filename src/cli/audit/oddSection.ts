// The section of an audit about odd images: by the score of a model, or by distances.
import type { Audit } from '../../evaluation/audit/audit.ts';
import { ENOUGH_TO_CALL, ODD } from '../../evaluation/odd/calibrate.ts';
import { oddScores } from '../../evaluation/odd/scores/registry.ts';
import { sourceText } from '../parts/sourceText.ts';
import { formatCount, formatCounted, formatExpected, formatFixed } from '../terminal/format.ts';
import { messageOf } from '../terminal/wording.ts';
import { type AuditSection, type SectionOptions, shownList } from './section.ts';

/** With so few images, a statistic says little. */
const FEW = 100;

/** Images unlike the others. */
export function oddSection(found: Audit, options: SectionOptions): AuditSection {
  const about = { id: 'odd', title: 'Odd images' };
  const { odd, unused } = found;
  const notUsed = unused && `The model was not used: ${messageOf(unused)}.`;
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
  const section = isByModel ? byModelSection(found, odd.found) : byNeighboursSection(odd.found, options);
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
    groups: [
      shownList(
        ranked.map(({ image, score, pValue }) => ({
          image,
          note: pValue === undefined ? `distance ${formatFixed(score, 1)}` : `p = ${pValue.toFixed(4)}`,
        })),
        options.top,
        'The oddest first',
      ),
    ],
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
  const { text, trust } = oddScores[score as keyof typeof oddScores];
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
      `Score of the model: ${score}, ${text}. ${trust}`,
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
