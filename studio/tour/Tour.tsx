// The tour of the studio: a card next to the page, which shows one thing after the other.
import { useLayoutEffect, useRef } from 'preact/hooks';
import { lastSettings, linkTo, settings as pageSettings, roomName } from '../address.ts';
import { chosenPath } from '../models.ts';
import { nearestStop, stops } from './stops.ts';
import { end, isSeen, start, stop } from './tourState.ts';
import './tour.css';

/** The card of the current stop. Escape ends the tour. */
export function Tour() {
  const stopIndex = stop.value!;
  const { room, settings, target, title, text } = stops[stopIndex]!;
  const heading = useRef<HTMLHeadingElement>(null);
  const isLast = stopIndex === stops.length - 1;
  // With the change of the stop: an event of an earlier address in between would look like the browser's Back.
  useLayoutEffect(() => {
    const model = chosenPath.value;
    location.hash = linkTo(room, {
      ...lastSettings(room),
      ...(model !== undefined && { model }),
      ...settings,
    });
    heading.current!.focus();
    return show(target);
  }, [stopIndex]);
  // Before the next frame: Escape may be pressed at once.
  useLayoutEffect(() => {
    const onKey = ({ key, defaultPrevented }: KeyboardEvent): void => {
      if (key === 'Escape' && !defaultPrevented) {
        leave();
      }
    };
    addEventListener('keydown', onKey);
    addEventListener('hashchange', follow);
    return () => {
      removeEventListener('keydown', onKey);
      removeEventListener('hashchange', follow);
    };
  }, []);
  return (
    <section class="tour" role="dialog" aria-labelledby="tour-title" aria-describedby="tour-text">
      <p class="quiet">
        Stop {stopIndex + 1} of {stops.length}
      </p>
      <h2 id="tour-title" ref={heading} tabIndex={-1}>
        {title}
      </h2>
      <p id="tour-text">{text}</p>
      <div class="buttons">
        <button type="button" class="button primary" onClick={() => (isLast ? leave() : move(1))}>
          {isLast ? 'Done' : 'Next'}
        </button>
        <button type="button" class="button" disabled={stopIndex === 0} onClick={() => move(-1)}>
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

/** Follows the reader to the stop of the open page, as after the browser's Back; elsewhere the tour ends. */
function follow(): void {
  const current = stop.value!;
  const next = nearestStop(current, roomName.value, pageSettings.value);
  if (next !== undefined) {
    stop.value = next;
  } else if (stops[current]!.room !== roomName.value) {
    end();
  }
}

function leave(): void {
  end();
  document.querySelector('main')?.focus();
}

/**
 * Marks an element and keeps it in sight above the card while the page grows, until the reader moves it.
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
      bring(marked);
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

/** The space around a marked element, and above it for what sticks to the top of the page, in pixels. */
const [MARGIN, TOP] = [16, 72];

/** Scrolls to an element: just above the card if there is room for it, otherwise to its top. */
function bring(element: Element | undefined): void {
  if (element === undefined) {
    return;
  }
  const { bottom, height } = element.getBoundingClientRect();
  const card = document.querySelector('.tour')!.getBoundingClientRect();
  if (height <= card.top - TOP - MARGIN) {
    scrollBy(0, bottom - (card.top - MARGIN));
  } else {
    element.scrollIntoView();
  }
}

/** The attribute of the element that a stop is about. */
const MARK = 'data-tour';

/** A line for new readers, or a button to take the tour again. */
export function TourOffer() {
  return isSeen.value ? (
    <p class="tour-offer">
      <button type="button" class="button" onClick={start}>
        Take the tour
      </button>
    </p>
  ) : (
    <p class="tour-offer">
      New here?
      <button type="button" class="button primary" onClick={start}>
        Take a tour of five stops
      </button>
      <button type="button" class="button" onClick={end}>
        Skip
      </button>
    </p>
  );
}
