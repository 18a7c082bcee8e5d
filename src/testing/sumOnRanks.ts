// Sums an array of 8 MB over the ranks of a job; rank 0 prints its first and its last element.
import { joinRanks } from '../core/ranks/joinRanks.node.ts';

const ranks = await joinRanks();
const numbers = new Float32Array(2 ** 21).fill(ranks.rank + 1);
await ranks.sum(numbers);
if (ranks.rank === 0) {
  process.stdout.write(`${numbers[0]} ${numbers.at(-1)}\n`);
}
await ranks.leave();
