// What a picture may cost: itself, and nothing that was measured or trained.
import { noteOnStderr } from './output.ts';
import { messageOf } from './wording.ts';

/** Draws `what`; if that fails, one line says so and null is returned. */
export async function drawOrNote<Drawn>(
  what: string,
  draw: () => Drawn | Promise<Drawn>,
  note: (text: string) => void = noteOnStderr,
): Promise<Drawn | null> {
  try {
    return await draw();
  } catch (error) {
    note(`no ${what}: ${messageOf(error)}`);
    return null;
  }
}
