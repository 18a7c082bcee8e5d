// Commands that several processes cannot share are refused once.
import { afterEach, expect, it, vi } from 'vitest';
import { commandOf, createProgram } from '../program.ts';
import { refuseRanks } from './refuseRanks.ts';

const startedAs = (rank: number) => ({ OMPI_COMM_WORLD_SIZE: '2', OMPI_COMM_WORLD_RANK: String(rank) });
const program = await createProgram();
const refuse = (words: string, environment: Record<string, string>) =>
  refuseRanks(commandOf(program, words.split(' ')), environment);

afterEach(() => vi.restoreAllMocks());

it.each(['sample', 'encode', 'bench train', 'datasets show'])('%s is refused by rank 0 alone', (words) => {
  expect(() => refuse(words, startedAs(0))).toThrow(
    `emerging ${words} runs as one process, and mpirun has started 2: start it without mpirun; `,
  );
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
    throw new Error('ended');
  });
  expect(() => refuse(words, startedAs(1))).toThrow('ended');
  expect(exit).toHaveBeenCalledWith(0);
  expect(() => refuse(words, {})).not.toThrow();
  expect(() => refuse(words, { OMPI_COMM_WORLD_SIZE: '1' })).not.toThrow();
});

it.each(['train', 'evaluate', 'score', 'datasets prepare'])('%s is not', (words) => {
  expect(() => refuse(words, startedAs(0))).not.toThrow();
});
