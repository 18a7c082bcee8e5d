// The choice of a model.
import { changeSettings } from '../address.ts';
import { chosenModel, chosenPath, models, modelsProblem, type OfferedModel } from '../models.ts';
import { plural } from '../numbers.ts';
import { Choice } from './Choice.tsx';
import { Notice } from './Notice.tsx';
import './model-choice.css';

/** The choice of a model, and facts about it. */
export function ModelChoice() {
  const offered = models.value;
  const path = chosenPath.value;
  const problem = modelsProblem.value;
  if (offered === undefined) {
    return null;
  }
  if (path === undefined) {
    return <Notice>{problem ?? 'No models found.'}</Notice>;
  }
  const model = chosenModel.value;
  const options = offered.map((candidate) => ({
    value: candidate.path,
    text: candidate.problem === null ? candidate.path : `${candidate.path} (unusable)`,
    disabled: candidate.problem !== null,
  }));
  return (
    <div class="model-choice">
      <Choice
        label="Model"
        value={path}
        options={model ? options : [{ value: path, text: `${path} (not found)` }, ...options]}
        onChange={(chosen) => changeSettings({ model: chosen })}
      />
      {problem !== undefined && <Notice>{problem}</Notice>}
      {model === undefined && <Notice>Model “{path}” not found: choose another.</Notice>}
      {model && model.problem !== null && <Notice>{model.problem}</Notice>}
      {model && model.problem === null && (
        <p class="control-note model-facts">
          {modelFacts(model).map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
      )}
    </div>
  );
}

function modelFacts({ data, step, test }: OfferedModel): string[] {
  const facts = [
    data !== null && `trained on ${data}`,
    step !== null && plural(step, 'step'),
    test !== null && `${test.toFixed(3)} bits/dim`,
  ];
  return facts.filter((fact) => fact !== false);
}
