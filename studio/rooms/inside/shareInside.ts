// What the room Inside shares: the image, its edits, and a picture of both.
import type { NdArray } from 'emerging-flows';
import { settings } from '../../address.ts';
import { chosenPath } from '../../models.ts';
import { sheetFrame } from '../../share/card.ts';
import { packBytes } from '../../share/pack.ts';
import type { Shared } from '../../share/ShareButton.tsx';
import type { Images } from '../../work/models.ts';
import type { InsideSettings } from './insideSettings.ts';
import { packEdits } from './sharedEdits.ts';
import type { Edits } from './useEdits.ts';
import type { ChosenImage } from './useImage.ts';

/** The offer of the room. */
export async function shareInside(
  { seed, place: sampleNumber, temperature, digit, precision }: InsideSettings,
  { source, image }: ChosenImage,
  encoded: readonly NdArray[] | undefined,
  edits: Edits,
  decoded: Images | undefined,
): Promise<Shared> {
  const { drawing: _, edits: __, ...address } = settings.value;
  const isFile = source === 'file';
  const drawing = source === 'drawing' && image ? await packBytes(image.pixels.slice()) : undefined;
  const isEdited = edits.isChanged && encoded !== undefined && !isFile;
  const packedEdits = isEdited ? await packEdits(edits.levels, encoded) : undefined;
  const omitted = isFile
    ? 'Your file stays in this browser: the link opens a sample instead.'
    : source === 'drawing' && image && drawing === undefined
      ? 'This drawing is too large for a link.'
      : isEdited && packedEdits === undefined
        ? 'These edits change too many latents for a link: it opens the image without them.'
        : undefined;
  const shown = edits.isChanged ? decoded : undefined;
  return {
    settings: {
      ...address,
      ...(chosenPath.value !== undefined && { model: chosenPath.value }),
      image: isFile ? 'sample' : source,
      seed: String(seed),
      place: String(sampleNumber),
      temperature: String(temperature),
      digit: String(digit),
      precision,
      ...(drawing !== undefined && { drawing }),
      ...(packedEdits !== undefined && { edits: packedEdits }),
    },
    ...(image && {
      caption: {
        title: shown ? 'The same image, with edited latents' : `Inside a flow: ${image.name}`,
        facts: [
          shown
            ? 'A flow turned the image on the left into noise. The noise was edited and turned back.'
            : 'A flow turns this image into noise, and the noise back into this image.',
          chosenPath.value ?? '',
        ],
      },
      picture: sheetFrame(
        shown ? { pixels: Uint8Array.of(...image.pixels, ...shown.pixels), shape: image.shape } : image,
      ),
    }),
    omitted,
  };
}
