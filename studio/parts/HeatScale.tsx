// The colour scale of heat maps.
import { type HeatRange, heatMap } from 'emerging-flows/pictures';
import { useMemo } from 'preact/hooks';
import { decimal } from '../numbers.ts';
import { Picture } from './Picture.tsx';
import './controls.css';
import './heat-scale.css';

const STEPS = 64;

interface HeatScaleProps {
  readonly range: HeatRange;
  readonly unit: string;
  readonly digits?: number;
  /** Labels of the two ends; by default the lowest and the highest value. */
  readonly ends?: readonly [string, string];
}

/** A scale from the lowest to the highest value, with the unit. */
export function HeatScale({ range, unit, digits = 1, ends }: HeatScaleProps) {
  const [low, high] = range;
  const bar = useMemo(() => {
    const values = Float64Array.from(
      { length: STEPS },
      (_, index) => low + ((high - low) * index) / (STEPS - 1),
    );
    return { pixels: heatMap(values, [low, high]), shape: [1, STEPS, 3] as const };
  }, [low, high]);
  return (
    <div class="heat-scale">
      <Picture image={bar} />
      <div class="control-ends">
        <span>{ends?.[0] ?? decimal(low, digits)}</span>
        <span>{unit}</span>
        <span>{ends?.[1] ?? decimal(high, digits)}</span>
      </div>
    </div>
  );
}
