// The room Explain: the first minute, and a story of five steps.
import { useEffect, useRef } from 'preact/hooks';
import { linkTo, settings } from '../../address.ts';
import { modelsProblem } from '../../models.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { Notice } from '../../parts/Notice.tsx';
import { UnreadableSettings } from '../../parts/RoomHead.tsx';
import { ShareButton, type Shared } from '../../share/ShareButton.tsx';
import '../how/how.css';
import { Flow2D } from '../how/sections/Plane.tsx';
import { drawing } from './digit.ts';
import { FirstMinute } from './FirstMinute.tsx';
import { story } from './story.tsx';
import { storySettings } from './storySettings.ts';
import './explain.css';

/** The room. */
export function Explain() {
  const { step } = settings.value;
  const number = step === undefined ? 0 : Number(step);
  const isKnown = Number.isInteger(number) && number >= 0 && number <= story.length;
  const shown = story[isKnown ? number - 1 : -1];
  return (
    <div class="explain">
      {!isKnown && (
        <Notice>
          The story has no step “{step}”, only 1 to {story.length}. This is its beginning.
        </Notice>
      )}
      {modelsProblem.value !== undefined && <Notice>{modelsProblem.value}</Notice>}
      {shown ? <StoryStep key={number} number={number} /> : <Opening />}
    </div>
  );
}

/** The first minute. */
function Opening() {
  return (
    <>
      <FirstMinute />
      <section class="explain-plane" aria-labelledby="explain-plane">
        <h2 id="explain-plane">The same in two dimensions, learned while you watch</h2>
        <p>
          An image of 784 pixels is a point with 784 coordinates. Here a point has two, so all of the flow is
          in sight: it bends the plane until the data is a round cloud of noise. Choose other data, or draw
          your own.
        </p>
        <div class="how">
          <Flow2D starts />
        </div>
      </section>
      <section class="explain-next" aria-labelledby="explain-next">
        <h2 id="explain-next">A story of five steps, in five minutes</h2>
        <ol class="explain-steps">
          {story.map(({ title, doing }, index) => (
            <li key={title}>
              <a href={linkTo('explain', { step: String(index + 1) })}>{title}</a>
              <span class="quiet">{doing}</span>
            </li>
          ))}
        </ol>
        <p>
          <a href={linkTo('how')}>How it works</a> explains all layers, with figures, formulas and code.
        </p>
      </section>
    </>
  );
}

/** A step of the story, between the steps before and after it. */
function StoryStep({ number }: { number: number }) {
  const { title, load, numbers = [], showsDrawing = false, inShort } = story[number - 1]!;
  const { unreadable, ...values } = storySettings(settings.value);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    scrollTo(0, 0);
    // Not when the page opens: the first element is the navigation.
    if (document.activeElement !== document.body) {
      heading.current!.focus();
    }
  }, []);
  const offer = (): Shared => ({
    settings: {
      ...settings.value,
      ...Object.fromEntries(numbers.map((name) => [name, String(values[name])])),
    },
    ...(showsDrawing &&
      drawing.value && { omitted: 'The link leaves out your drawing: it shows a test digit.' }),
  });
  return (
    <article class="explain-step" aria-labelledby="explain-step">
      <nav class="explain-nav" aria-label="Steps of the story">
        <a href={linkTo('explain')} aria-label="Beginning" title="Beginning">
          ‹
        </a>
        {story.map((step, index) => (
          <a
            key={step.title}
            href={linkTo('explain', { step: String(index + 1) })}
            aria-current={index + 1 === number ? 'step' : undefined}
            aria-label={`Step ${index + 1}: ${step.title}`}
            title={step.title}
          >
            {index + 1}
          </a>
        ))}
        <ShareButton offer={offer} />
      </nav>
      <h1 id="explain-step" ref={heading} tabIndex={-1}>
        {title}
      </h1>
      <UnreadableSettings settings={unreadable} />
      <Loaded load={load} />
      <p class="explain-short">
        <strong>In short:</strong> {inShort}
      </p>
      {number < story.length ? (
        <p class="buttons">
          <a class="button primary" href={linkTo('explain', { step: String(number + 1) })}>
            Next: {story[number]!.title}
          </a>
        </p>
      ) : (
        <p class="buttons">
          <a class="button primary" href={linkTo('train')}>
            Train a flow in two minutes
          </a>
          <a class="button" href={linkTo('how')}>
            How it works
          </a>
        </p>
      )}
    </article>
  );
}
