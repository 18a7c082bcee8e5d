// A labelled number input.
import { useEffect, useId, useState } from 'preact/hooks';
import { counted, MOST_SEED, numberIn, wholeIn } from '../numbers.ts';
import './controls.css';

interface NumberFieldProps {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  /** Limits that are not valid themselves. */
  readonly excluded?: readonly number[];
  /** Whether fractions are allowed. */
  readonly fraction?: boolean;
  /** The valid numbers in words, `a number above 0`; by default those between the limits. */
  readonly range?: string;
  onChange(value: number): void;
}

/** A number input that reports only valid numbers, and says so when it restores the last one. */
export function NumberField({
  label,
  value,
  least,
  most: greatest,
  excluded,
  fraction = false,
  range = `a ${fraction ? 'number' : 'whole number'} from ${limitText(least)} to ${limitText(greatest)}`,
  onChange,
}: NumberFieldProps) {
  const id = useId();
  const [typed, setTyped] = useState(String(value));
  // Whether the text was invalid when the field was left.
  const [isRestored, setRestored] = useState(false);
  useEffect(() => {
    setTyped(String(value));
    setRestored(false);
  }, [value]);
  const noteId = useId();
  const read = (text: string): number | undefined =>
    (fraction ? numberIn : wholeIn)(text, least, greatest, excluded);
  const isValid = read(typed) !== undefined;
  return (
    <div class="control">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="number"
        inputMode={fraction ? 'decimal' : 'numeric'}
        min={least}
        max={greatest}
        step={fraction ? 'any' : 1}
        value={typed}
        aria-invalid={!isValid}
        {...((!isValid || isRestored) && { 'aria-describedby': noteId })}
        onInput={({ currentTarget }) => {
          setTyped(currentTarget.value);
          setRestored(false);
          const number = read(currentTarget.value);
          if (number !== undefined) {
            onChange(number);
          }
        }}
        onBlur={() => {
          setRestored(isRestored || !isValid);
          setTyped(String(value));
        }}
      />
      {(!isValid || isRestored) && (
        <p id={noteId} class="control-note" role="status">
          {isRestored ? `Not ${range}; restored.` : `${range.charAt(0).toUpperCase()}${range.slice(1)}.`}
        </p>
      )}
    </div>
  );
}

/** A limit in words; the limit of seeds is rounded down, because its digits carry no meaning. */
function limitText(limit: number): string {
  if (limit === MOST_SEED) {
    return '9 × 10¹⁵';
  }
  return Number.isInteger(limit) ? counted(limit) : String(limit);
}
