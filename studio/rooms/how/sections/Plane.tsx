// A flow in two dimensions, which trains while the reader watches.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { changeSettings, settings } from '../../../address.ts';
import { counted, decimal } from '../../../numbers.ts';
import { Choice } from '../../../parts/Choice.tsx';
import { Notice } from '../../../parts/Notice.tsx';
import { UnreadableSettings } from '../../../parts/RoomHead.tsx';
import { Slider } from '../../../parts/Slider.tsx';
import { ShareButton } from '../../../share/ShareButton.tsx';
import type { ChosenPoint, Trace } from '../../../work/plane/look.ts';
import { Figure, Panel } from '../parts/Figure.tsx';
import {
  type Drawing,
  distributionPoints,
  distributions,
  drawnPoints,
  isFull,
  type Point,
} from '../plane/distributions.ts';
import { LossCurve } from '../plane/LossCurve.tsx';
import { PlaneView } from '../plane/PlaneView.tsx';
import { PointSum, PointWay, parallelogramSides, placeName } from '../plane/PointWay.tsx';
import { choices, keepDrawing, planeSettings } from '../plane/planeSettings.ts';
import { PlaneSession } from '../plane/session.ts';
import { sharePlane } from '../plane/sharePlane.ts';
import { usePassage } from '../plane/usePassage.ts';
import '../plane/plane.css';

/** A shorter step of the pointer is not drawn. */
const LEAST_STEP = 0.08;

/** A flow that trains by itself rests after these steps. */
const OWN_STEPS = 1500;

/** Points that are shown before the flow is ready. */
const SHOWN = 500;

/** The section. */
export function Plane() {
  return (
    <>
      <Flow2D />
      <p>
        Think of a rubber sheet with the data points on it. Layer by layer, the flow stretches and squeezes
        the sheet, without tearing or folding it, until the points look like plain noise: a round cloud, dense
        in the middle, whose density has a formula. Because nothing tears or folds, the way back exists: it
        turns noise into new points like the data.
      </p>
      <p>
        And because we know how much each layer stretches the sheet around a point, we know the density there:
        that of the noise, times the factor by which the area of a small square grows on its way. Where data
        is crowded, the flow stretches the sheet; a factor below 1 squeezes it, because data is rare. A
        layer’s factor is the absolute determinant of its Jacobian. The factors multiply, so their logarithms
        add up.
      </p>
      <p>
        A density is a probability per area: it can be 0.05, or above 1 where the data is crowded. One more in
        its natural logarithm, ln&nbsp;p, means 2.7 times the density. Training raises the density of the
        data; that is all it does.
      </p>
    </>
  );
}

/**
 * The figure.
 *
 * @param starts whether it trains by itself, unless the reader prefers less motion
 */
export function Flow2D({ starts = false }: { starts?: boolean }) {
  const session = useMemo(() => new PlaneSession(), []);
  useEffect(() => () => session.end(), [session]);
  const { source, drawing, depth, width, transformer, unreadable } = planeSettings();
  const [position, setPosition] = useState(0);
  const [moved, setMoved] = useState<ChosenPoint>();
  const [draws, setDraws] = useState(true);
  const stroke = useRef<Point[] | undefined>(undefined);
  const [sketch, setSketch] = useState<Drawing>();
  const points = useMemo(
    () => (source === 'drawn' ? drawnPoints(drawing) : distributionPoints(source)),
    [source, settings.value.drawing],
  );
  const sketched = useMemo(() => (sketch ? drawnPoints(sketch) : points), [sketch, points]);
  // Until the reader moves it, the chosen point is one of the data.
  const [x = 0, y = 0] = points;
  const chosen = useMemo<ChosenPoint>(() => moved ?? { place: 0, point: [x, y] }, [moved, x, y]);
  const layers = depth + 1;
  const layerPosition = Math.min(position, layers);
  const passage = usePassage(layers, layerPosition, setPosition);
  const isEmpty = points.length === 0;
  const { isStarting, isTraining, step, losses, stepsPerSecond, look, problem } = session.state.value;

  const open = (): void => {
    if (isEmpty) {
      session.clear();
    } else {
      session.open({ depth, width, transformer }, points);
    }
  };
  // Layout effects: others would wait for the next frame. A stroke added to a drawing changes only the points.
  useLayoutEffect(open, [source, depth, width, transformer, isEmpty]);
  useLayoutEffect(() => {
    if (source === 'drawn' && !isEmpty) {
      session.replacePoints(points);
    }
  }, [settings.value.drawing]);
  useLayoutEffect(() => session.show(layerPosition, chosen), [layerPosition, chosen, depth]);

  const startsItself = useRef(starts && !matchMedia('(prefers-reduced-motion: reduce)').matches);
  useLayoutEffect(() => {
    if (startsItself.current && !isEmpty && problem === undefined && !isTraining && step === 0) {
      session.play();
    } else if (startsItself.current && step >= OWN_STEPS) {
      startsItself.current = false;
      session.pause();
    }
  }, [isEmpty, problem, isTraining, step]);

  const isDrawing = source === 'drawn' && draws && layerPosition === 0;
  const onPoint = (point: Point, isFirst: boolean): void => {
    if (!isDrawing) {
      setMoved({ place: Math.round(layerPosition), point });
      return;
    }
    const current = isFirst || !stroke.current ? [] : stroke.current;
    const last = current.at(-1);
    if (last && Math.hypot(point[0] - last[0], point[1] - last[1]) < LEAST_STEP) {
      return;
    }
    if (isFull([...drawing, current])) {
      return;
    }
    stroke.current = [...current, point];
    setSketch([...drawing, stroke.current]);
  };
  const onPointEnd = (): void => {
    if (stroke.current) {
      keepDrawing([...drawing, stroke.current]);
      stroke.current = undefined;
      setSketch(undefined);
    }
  };

  const trace = look?.trace;
  const shown = trace && shownPoint(trace, layerPosition);
  const isReady = look !== undefined && !isStarting && !isEmpty;
  return (
    <Figure
      title="A flow in two dimensions"
      moving={isTraining || passage.isRunning}
      description={
        <>
          {isEmpty
            ? 'Draw lines in the plane; points will scatter around them.'
            : isStarting
              ? 'Starting the flow.'
              : `Step ${counted(step)}${
                  losses.means.length > 0 ? `, ${decimal(losses.means.at(-1)!)} nats per point` : ''
                }${isTraining && stepsPerSecond ? `, ${Math.round(stepsPerSecond)} steps per second` : ''}. `}
          {isReady && trace && <PointSum trace={trace} />}
          {isReady &&
            ' The lines are a square grid in the noise, as the layers bend it; the shading is the density.'}
          {source === 'drawn' && isFull(drawing) && ' The drawing is full: clear it to draw another.'}
        </>
      }
    >
      {problem !== undefined && <Notice>{problem}</Notice>}
      <UnreadableSettings settings={unreadable} />
      <div class="plane">
        <div class="plane-data">
          <Choice
            label="Data"
            value={source}
            options={[
              ...Object.entries(distributions).map(([value, { title }]) => ({ value, text: title })),
              { value: 'drawn', text: 'draw your own' },
            ]}
            onChange={(value) => {
              setPosition(0);
              changeSettings({ points: value });
            }}
          />
        </div>
        <PlaneView
          label={`The plane at the ${placeName(Math.round(layerPosition), layers)}`}
          points={isReady && layerPosition > 0 ? look.points : sketched.subarray(0, 2 * SHOWN)}
          look={isReady ? look : undefined}
          chosen={isReady ? shown?.point : undefined}
          square={isReady ? shown?.square : undefined}
          onPoint={onPoint}
          onPointEnd={onPointEnd}
          {...(isEmpty && !sketch && { hint: 'Draw lines here' })}
        />
        <div class="plane-main">
          <Slider
            label="From the data to the noise"
            value={layerPosition}
            most={layers}
            step={0.05}
            shown={placeName(Math.round(layerPosition), layers)}
            ends={['data', 'noise']}
            onChange={(value) => {
              passage.stop();
              setPosition(value);
            }}
          />
          <div class="how-player">
            <button
              type="button"
              class="button primary"
              disabled={isEmpty || (problem !== undefined && look === undefined)}
              onClick={() => {
                startsItself.current = false;
                isTraining ? session.pause() : session.play();
              }}
            >
              {isTraining ? 'Pause' : 'Train'}
            </button>
            <button
              type="button"
              class="button"
              disabled={!isReady || isTraining}
              onClick={() => session.step()}
            >
              One step
            </button>
            <button type="button" class="button" disabled={isStarting || isEmpty} onClick={open}>
              Reset
            </button>
            <button type="button" class="button" disabled={!isReady} onClick={passage.toggle}>
              {passage.isRunning ? 'Stop' : 'Send the points through'}
            </button>
            <ShareButton
              offer={async () => {
                const firstLook = isEmpty ? undefined : await session.firstLook();
                return sharePlane(session, planeSettings(), layers, firstLook);
              }}
            />
            {source === 'drawn' && (
              <>
                <button
                  type="button"
                  class="button"
                  aria-pressed={draws}
                  disabled={layerPosition !== 0}
                  onClick={() => setDraws(!draws)}
                >
                  {draws ? 'Choose a point instead' : 'Draw again'}
                </button>
                <button
                  type="button"
                  class="button"
                  disabled={isEmpty}
                  onClick={() => {
                    passage.stop();
                    setPosition(0);
                    changeSettings({ drawing: '' });
                  }}
                >
                  Clear the drawing
                </button>
              </>
            )}
          </div>
        </div>
        <details class="plane-network">
          <summary>The network</summary>
          <div class="how-controls">
            <Choice
              label="Couplings"
              value={String(depth)}
              options={inOrder(choices.couplings)}
              onChange={(value) => changeSettings({ couplings: value })}
            />
            <Choice
              label="Width"
              value={String(width)}
              options={inOrder(choices.width)}
              onChange={(value) => changeSettings({ width: value })}
            />
            <Choice
              label="Transformer"
              value={transformer}
              options={choices.transformer.map((value) => ({ value, text: value }))}
              onChange={(value) => changeSettings({ transformer: value })}
            />
          </div>
        </details>
        <div class="plane-loss">
          <Panel title="−ln p of the data during training, in nats per point (1 nat is 1.44 bits): lower is better">
            <LossCurve losses={losses} />
          </Panel>
        </div>
        {isReady && trace && (
          <div class="plane-path">
            <Panel title="The chosen point and a square around it after every layer, with the layer’s ln|det|">
              <PointWay trace={trace} place={layerPosition} onPlace={setPosition} />
            </Panel>
          </div>
        )}
      </div>
    </Figure>
  );
}

/** The chosen point and the sides of its square at a place; between the layers both move in straight lines. */
function shownPoint({ points, jacobians }: Trace, position: number) {
  const below = Math.min(Math.floor(position), points.length - 1);
  const above = Math.min(below + 1, points.length - 1);
  const between = <Numbers extends readonly number[]>(vectors: readonly Numbers[]): Numbers =>
    vectors[below]!.map(
      (value, index) => value + (position - below) * (vectors[above]![index]! - value),
    ) as unknown as Numbers;
  return { point: between(points), square: parallelogramSides(between(jacobians)) };
}

/** Numbers as options, in increasing order. */
function inOrder(numbers: readonly string[]) {
  return [...numbers].sort((a, b) => Number(a) - Number(b)).map((value) => ({ value, text: value }));
}
