// A picture that cannot be drawn must not cost anything that was measured or trained.
import { noteOnStderr } from './output.ts';
import { messageOf } from './wording.ts';

/** Draws `what`; if that fails, reports it in one line and returns null. */
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
