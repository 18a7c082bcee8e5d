// A labelled number input.
import { useEffect, useId, useState } from 'preact/hooks';
import { numberIn, wholeIn } from '../numbers.ts';
import './controls.css';

interface NumberFieldProps {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  /** Whether fractions are allowed. */
  readonly fraction?: boolean;
  onChange(value: number): void;
}

/** A number input that reports only valid numbers: half-typed text may not be one. */
export function NumberField({ label, value, least, most, fraction = false, onChange }: NumberFieldProps) {
  const id = useId();
  const [typed, setTyped] = useState(String(value));
  useEffect(() => setTyped(String(value)), [value]);
  const read = (text: string): number | undefined => (fraction ? numberIn : wholeIn)(text, least, most);
  return (
    <div class="control">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="number"
        inputMode={fraction ? 'decimal' : 'numeric'}
        min={least}
        max={most}
        step={fraction ? 'any' : 1}
        value={typed}
        aria-invalid={read(typed) === undefined}
        onInput={({ currentTarget }) => {
          setTyped(currentTarget.value);
          const number = read(currentTarget.value);
          if (number !== undefined) {
            onChange(number);
          }
        }}
        onBlur={() => setTyped(String(value))}
      />
    </div>
  );
}
