import { expect, it } from 'vitest';
import { lastCheckpoint } from './keptModels.ts';

it('passes over a checkpoint that was set aside', () => {
  const files = ['README.md', 'checkpoints/step-00000004.safetensors'];
  expect(lastCheckpoint([...files, 'checkpoints/step-00000006.safetensors.damaged'])).toBe(files[1]);
  expect(lastCheckpoint(['config.yaml'])).toBeUndefined();
});
