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
  const noteId = useId();
  const read = (text: string): number | undefined => (fraction ? numberIn : wholeIn)(text, least, most);
  const isValid = read(typed) !== undefined;
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
        aria-invalid={!isValid}
        {...(!isValid && { 'aria-describedby': noteId })}
        onInput={({ currentTarget }) => {
          setTyped(currentTarget.value);
          const number = read(currentTarget.value);
          if (number !== undefined) {
            onChange(number);
          }
        }}
        onBlur={() => setTyped(String(value))}
      />
      {!isValid && (
        <p id={noteId} class="control-note">
          {fraction ? 'A number' : 'A whole number'} from {least.toLocaleString('en')} to{' '}
          {most.toLocaleString('en')}.
        </p>
      )}
    </div>
  );
}
