// A labelled select.
import { useId } from 'preact/hooks';
import './controls.css';

interface Option {
  readonly value: string;
  readonly text: string;
  /** Whether it is listed but can't be chosen. */
  readonly disabled?: boolean;
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly Option[];
  onChange(value: string): void;
}

/** A select. */
export function Choice({ label, value, options, onChange }: ChoiceProps) {
  const id = useId();
  return (
    <div class="control">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        // Long names are cut where the page is narrow.
        title={options.find((option) => option.value === value)?.text}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value} disabled={option.disabled ?? false}>
            {option.text}
          </option>
        ))}
      </select>
    </div>
  );
}
