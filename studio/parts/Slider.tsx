// A labelled slider with its value.
import { useId } from 'preact/hooks';
import './controls.css';

interface SliderProps {
  readonly label: string;
  readonly value: number;
  /** By default 0. */
  readonly least?: number;
  readonly most: number;
  /** By default 1. */
  readonly step?: number;
  /** The value as text, by default with the digits that it has. */
  readonly shown?: string;
  /** Labels of the two ends. */
  readonly ends?: readonly [string, string];
  onChange(value: number): void;
  /** The slider was released. */
  onRelease?(value: number): void;
}

/** A slider that reports every movement. */
export function Slider({
  label,
  value,
  least = 0,
  most: greatest,
  step = 1,
  shown = String(value),
  ends,
  onChange,
  onRelease,
}: SliderProps) {
  const id = useId();
  return (
    <div class="control">
      <div class="control-head">
        <label for={id}>{label}</label>
        <output for={id}>{shown}</output>
      </div>
      <input
        id={id}
        type="range"
        min={least}
        max={greatest}
        step={step}
        value={value}
        aria-valuetext={shown}
        onInput={({ currentTarget }) => onChange(currentTarget.valueAsNumber)}
        onChange={({ currentTarget }) => onRelease?.(currentTarget.valueAsNumber)}
      />
      {ends && (
        <div class="control-ends" aria-hidden="true">
          <span>{ends[0]}</span>
          <span>{ends[1]}</span>
        </div>
      )}
    </div>
  );
}
