// A labelled slider with its value.
import { useId } from 'preact/hooks';
import './controls.css';

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly step: number;
  /** The value as text. */
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
  least,
  most: greatest,
  step,
  shown,
  ends,
  onChange,
  onRelease,
}: SliderProps) {
  const id = useId();
  return (
    <div class="control">
      <div class="control-head">
        <label for={id}>{label}</label>
        {shown !== undefined && <output for={id}>{shown}</output>}
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
