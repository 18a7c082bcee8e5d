// The tour of the studio: a card beside the page, which shows one thing after the other.
import { useEffect, useRef } from 'preact/hooks';
import { lastSettings, linkTo } from '../address.ts';
import { chosenPath } from '../models.ts';
import { stops } from './stops.ts';
import { end, stop } from './tourState.ts';
import './tour.css';

/** The card of the current stop. Escape ends the tour. */
export function Tour() {
  const at = stop.value!;
  const { room, settings, target, title, text } = stops[at]!;
  const heading = useRef<HTMLHeadingElement>(null);
  const isLast = at === stops.length - 1;
  useEffect(() => {
    const model = chosenPath.value;
    location.hash = linkTo(room, {
      ...lastSettings(room),
      ...(model !== undefined && { model }),
      ...settings,
    });
    heading.current!.focus();
    return show(target);
  }, [at]);
  useEffect(() => {
    const onKey = ({ key, defaultPrevented }: KeyboardEvent): void => {
      if (key === 'Escape' && !defaultPrevented) {
        leave();
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <section class="tour" role="dialog" aria-labelledby="tour-title" aria-describedby="tour-text">
      <p class="quiet">
        Stop {at + 1} of {stops.length}
      </p>
      <h2 id="tour-title" ref={heading} tabIndex={-1}>
        {title}
      </h2>
      <p id="tour-text">{text}</p>
      <div class="buttons">
        <button type="button" class="button primary" onClick={() => (isLast ? leave() : move(1))}>
          {isLast ? 'Done' : 'Next'}
        </button>
        <button type="button" class="button" disabled={at === 0} onClick={() => move(-1)}>
          Back
        </button>
        {!isLast && (
          <button type="button" class="button" onClick={leave}>
            Skip the tour
          </button>
        )}
      </div>
    </section>
  );
}

function move(by: number): void {
  stop.value = stop.value! + by;
}

function leave(): void {
  end();
  document.querySelector('main')?.focus();
}

/**
 * Marks an element and keeps it in sight while the page grows, until the reader moves it.
 *
 * @returns how to stop
 */
function show(selector: string): () => void {
  const controller = new AbortController();
  let marked: Element | undefined;
  const keep = (): void => {
    if (marked?.isConnected !== true) {
      marked = document.querySelector(selector) ?? undefined;
      marked?.setAttribute(MARK, '');
    }
    if (!controller.signal.aborted) {
      marked?.scrollIntoView();
    }
  };
  for (const moving of ['wheel', 'touchmove', 'pointerdown', 'keydown']) {
    addEventListener(moving, () => controller.abort(), { signal: controller.signal, passive: true });
  }
  const appearing = new MutationObserver(keep);
  appearing.observe(document.body, { subtree: true, childList: true });
  const growing = new ResizeObserver(keep);
  growing.observe(document.body);
  keep();
  return () => {
    controller.abort();
    appearing.disconnect();
    growing.disconnect();
    marked?.removeAttribute(MARK);
  };
}

/** The attribute of the element that a stop is about. */
const MARK = 'data-tour';
