// The fields of a part: which one, and its options, all from their definitions.
import { menus, type OptionField } from 'virtual:parts';
import { changeSettings } from '../../address.ts';
import { Check } from '../../parts/Check.tsx';
import { Choice } from '../../parts/Choice.tsx';
import { NumberField } from '../../parts/NumberField.tsx';
import { numberLimits, type PartSetting, startValue } from './partSettings.ts';

interface PartFieldsProps {
  /** The key of its menu, `model.mixing`. */
  readonly menuKey: string;
  /** Its name in the address. */
  readonly addressKey: string;
  readonly part: PartSetting;
  /** Options that have a field elsewhere. */
  readonly without?: readonly string[];
  /** Whether the options are folded. */
  readonly isFolded?: boolean;
}

/** A menu of the parts of a kind, and a field for each option of the chosen one. */
export function PartFields({ menuKey, addressKey, part, without = [], isFolded = false }: PartFieldsProps) {
  const { item, options } = part;
  const { what, parts } = menus[menuKey]!;
  const choose = (name: string): void => {
    // Another part drops the options of the one before, also those with a namesake.
    const dropped = item.options.map((field) => [`${addressKey}.${field.name}`, '']);
    changeSettings({ ...Object.fromEntries(dropped), [addressKey]: name });
  };
  const fields = item.options.filter(({ name }) => !without.includes(name));
  const inputs = fields.map((field) => (
    <div key={`${item.name} ${field.name}`} class="train-option">
      <OptionInput
        field={field}
        value={options[field.name]}
        onChange={(value) => changeSettings({ [`${addressKey}.${field.name}`]: String(value) })}
      />
      <p class="control-note">
        {field.meaning} Default {String(startValue(menuKey, item, field))}.
      </p>
    </div>
  ));
  return (
    <fieldset class="train-part" aria-label={inWords(what)}>
      <Choice
        label={inWords(what)}
        value={item.name}
        options={parts.map(({ name, text }) => ({ value: name, text: text ?? name }))}
        onChange={choose}
      />
      <p class="control-note">{item.summary}</p>
      {isFolded && fields.length > 0 ? (
        <details class="train-options">
          <summary>{fields.length === 1 ? 'Its option' : `Its ${fields.length} options`}</summary>
          {inputs}
        </details>
      ) : (
        inputs
      )}
    </fieldset>
  );
}

interface OptionInputProps {
  readonly field: OptionField;
  readonly value: unknown;
  onChange(value: unknown): void;
}

/** The field of an option. */
function OptionInput({ field, value, onChange }: OptionInputProps) {
  const label = inWords(field.name);
  switch (field.kind) {
    case 'whole':
    case 'number':
      return (
        <NumberField
          label={label}
          fraction={field.kind === 'number'}
          value={value as number}
          {...numberLimits(field)}
          range={field.range}
          onChange={onChange}
        />
      );
    case 'choice':
      return (
        <Choice
          label={label}
          value={String(value)}
          options={field.choices!.map((name) => ({ value: name, text: name }))}
          onChange={onChange}
        />
      );
    case 'boolean':
      return <Check label={label} checked={value === true} onChange={onChange} />;
    default:
      return <p class="control-note">{label}: only in a configuration file.</p>;
  }
}

/** `kernelSize` as `Kernel size`. */
function inWords(name: string): string {
  const words = name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
