// Commands that several processes cannot share are refused.
import { expect, it } from 'vitest';
import { createProgram, findCommand } from '../commandTree.ts';
import { refuseRanks } from './refuseRanks.ts';

const startedAs = (rank: number) => ({ OMPI_COMM_WORLD_SIZE: '2', OMPI_COMM_WORLD_RANK: String(rank) });
const program = await createProgram();
const refuse = (words: string, environment: Record<string, string>) =>
  refuseRanks(findCommand(program, words.split(' ')), environment);

// Each rank but the first waits for a while.
it.concurrent.each(['sample', 'encode', 'datasets prepare', 'datasets show'])(
  '%s is refused by every rank',
  async (words) => {
    const refusal = `emerging ${words} runs as one process, but mpirun has started 2: start it without mpirun; `;
    await expect(refuse(words, startedAs(0))).rejects.toThrow(refusal);
    await expect(refuse(words, startedAs(1))).rejects.toThrow(`rank 1: ${refusal}`);
    await refuse(words, {});
    await refuse(words, { OMPI_COMM_WORLD_SIZE: '1' });
  },
);

it.each(['train', 'evaluate', 'score'])('%s is not', async (words) => {
  await refuse(words, startedAs(0));
});
