// The fields of a model: mixing, depth and width.
import mixings from 'virtual:mixings';
import type { ComponentChildren } from 'preact';
import { Choice } from '../../parts/Choice.tsx';
import { NumberField } from '../../parts/NumberField.tsx';
import { limits, type ModelSettings } from './trainSettings.ts';

interface ModelFieldsProps {
  readonly legend: string;
  readonly model: ModelSettings;
  /** More fields. */
  readonly children?: ComponentChildren;
  onChange(model: ModelSettings): void;
}

/** A model's fields. */
export function ModelFields({ legend, model, children, onChange }: ModelFieldsProps) {
  return (
    <fieldset class="control-pair train-model">
      <legend>{legend}</legend>
      <Choice
        label="Mixing"
        value={model.mixing}
        options={Object.entries(mixings).map(([value, text]) => ({ value, text }))}
        onChange={(mixing) => onChange({ ...model, mixing: mixing })}
      />
      {children}
      <NumberField
        label="Depth"
        value={model.depth}
        least={limits.depth[0]}
        most={limits.depth[1]}
        onChange={(depth) => onChange({ ...model, depth })}
      />
      <NumberField
        label="Width"
        value={model.width}
        least={limits.width[0]}
        most={limits.width[1]}
        onChange={(width) => onChange({ ...model, width })}
      />
    </fieldset>
  );
}
