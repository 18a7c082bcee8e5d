// What the figure of a flow in two dimensions shares: its points and settings, a picture, and the flow in motion.
import { roomName, settings } from '../../../address.ts';
import { counted } from '../../../numbers.ts';
import { cssColor, type Frame } from '../../../share/card.ts';
import type { Shared } from '../../../share/ShareButton.tsx';
import { CELLS, EXTENT, type Look } from '../../../work/plane/look.ts';
import { distributions } from './distributions.ts';
import { dotsPath, linesPath, shadeDensity } from './PlaneView.tsx';
import type { PlaneSettings } from './planeSettings.ts';
import type { PlaneSession } from './session.ts';

/** Looks from the noise to the data, and how long they take. */
const LOOKS = 90;
const SECONDS = 5;

/** The share of the animation that rests at the noise, and later at the data. */
const REST = 0.12;

/** The offer of the figure. */
export function sharePlane(
  session: PlaneSession,
  { source, depth, width, transformer }: PlaneSettings,
  layers: number,
  look: Look | undefined,
): Shared {
  const { step } = session.state.value;
  const prepare = async (signal: AbortSignal): Promise<Frame> => {
    const positions = Array.from({ length: LOOKS }, (_, index) => layers * (1 - index / (LOOKS - 1)));
    const looks = await session.looks(positions, signal);
    return (context, side, time) => {
      const share = Math.min(1, Math.max(0, (time - REST) / (1 - 2 * REST)));
      lookFrame(looks[Math.round(share * (LOOKS - 1))]!)(context, side, time);
    };
  };
  return {
    settings: {
      ...settings.value,
      ...(roomName.value === 'how' && { section: 'plane' }),
      points: source,
      couplings: String(depth),
      width: String(width),
      transformer,
    },
    omitted: 'The link keeps the points and the settings; whoever opens it trains the flow again.',
    ...(look && {
      caption: {
        title: `A flow bends space into ${source === 'drawn' ? 'a drawing' : distributions[source].title}`,
        facts: [
          'It turns noise into these points, without tearing or folding the plane.',
          `${depth} couplings, ${counted(step)} training ${step === 1 ? 'step' : 'steps'}`,
        ],
      },
      picture: lookFrame(look),
      animation: { seconds: SECONDS, prepare },
    }),
  };
}

/** A look as the figure shows it. */
function lookFrame({ place: position, density, lines, points }: Look): Frame {
  const canvas = document.createElement('canvas');
  canvas.width = CELLS;
  canvas.height = CELLS;
  shadeDensity(canvas, density, cssColor('--accent'));
  const [drawnLines, drawnPoints] = [new Path2D(linesPath(lines)), new Path2D(dotsPath(points))];
  const [background, lineColor, pointColor] = ['--raised', '--quiet', '--ink'].map(cssColor) as [
    string,
    string,
    string,
  ];
  return (context, side) => {
    context.fillStyle = background;
    context.fillRect(0, 0, side, side);
    // Between the layers the points have no density of the flow.
    context.globalAlpha = 1 - 2 * Math.abs(position - Math.round(position));
    context.imageSmoothingEnabled = true;
    context.drawImage(canvas, 0, 0, side, side);
    const scale = side / (2 * EXTENT);
    context.setTransform(scale, 0, 0, scale, side / 2, side / 2);
    context.globalAlpha = 0.5;
    context.lineWidth = 1.5 / scale;
    context.strokeStyle = lineColor;
    context.stroke(drawnLines);
    context.globalAlpha = 0.8;
    context.lineWidth = 5 / scale;
    context.lineCap = 'round';
    context.strokeStyle = pointColor;
    context.stroke(drawnPoints);
    context.globalAlpha = 1;
    context.resetTransform();
  };
}
