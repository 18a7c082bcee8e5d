// Commands on a model card that depend on what the model takes.
import type { Flow } from '../../models/flow.ts';
import { componentsOf } from '../../trained/likelihood/conditionArrays.ts';

/** The command that draws samples, in the folder of the model. */
export function sampleCommand(model: Flow): string {
  return `npx emerging sample .${conditionOptions(model)} --temperature 0.8 --out samples.png`;
}

/** The command that encodes an image. */
export function encodeCommand(model: Flow): string {
  const image = model.values.bits === undefined ? 'image.npy' : 'image.png';
  return `npx emerging encode . ${image}${conditionOptions(model)} --out image.latents`;
}

/** More conditions than this are in a file. */
const MOST_NUMBERS = 4;

/** The options that give a model its condition: numbers like those of the training images, or a file. */
function conditionOptions(model: Flow): string {
  const components = componentsOf(model);
  // A name may be anything without spaces; the shell must take it as it is.
  const areNumbers = components.every(({ name, image }) => !image && /^[\w.-]+$/.test(name));
  if (components.length > MOST_NUMBERS || !areNumbers) {
    return ' --condition conditions.npz';
  }
  return components.map(({ name, mean }) => ` --condition ${name}=${Number(mean.toPrecision(2))}`).join('');
}
