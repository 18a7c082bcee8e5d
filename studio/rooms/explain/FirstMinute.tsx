// The opening: noise becomes digits, and digits noise.
import { useMemo } from 'preact/hooks';
import { linkTo } from '../../address.ts';
import { fastModel } from '../../models.ts';
import { Notice } from '../../parts/Notice.tsx';
import { ShareButton } from '../../share/ShareButton.tsx';
import { Film } from './Film.tsx';
import { drawNoise, SIDE, useDrawn, usePassage } from './noise.ts';

/** A full sheet. */
const COUNT = 64;

/** Most samples are good digits at this temperature. */
const TEMPERATURE = 0.7;

/** The sentence, the film, and what it shows. */
export function FirstMinute() {
  const noise = useMemo(() => drawNoise(COUNT, 1, TEMPERATURE), []);
  const { latest, problem } = usePassage(noise);
  const drawn = useDrawn(COUNT);
  const passage = drawn < COUNT ? undefined : latest?.result;
  return (
    <section class="explain-first">
      <h1>This network turns noise into digits, and digits back into noise, without losing anything.</h1>
      <Film
        passage={passage}
        noise={noise.picture}
        drawn={drawn}
        columns={8}
        name="digits"
        from="noise"
        origin={noise}
      />
      <div class="explain-words">
        {problem !== undefined && <Notice>{problem}</Notice>}
        <p class="quiet">
          Computed in this page: {COUNT} × {SIDE ** 2} random numbers on their way through the stages of{' '}
          {fastModel.value?.path ?? 'a small model'}; between stages, the picture fades. Each stage can be
          undone, so the way back shows the same pictures.
        </p>
        <p class="explain-links">
          <a href={linkTo('explain', { step: '1' })}>The story: five steps, five minutes</a>
          <a href={linkTo('how')}>How it works</a>
        </p>
        <div>
          <ShareButton offer={() => ({ settings: {} })} />
        </div>
      </div>
    </section>
  );
}
