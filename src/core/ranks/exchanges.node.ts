// Data exchanges between ranks: MPI requests, waiting for them, and errors for ranks that don't respond.
import { setTimeout as pause } from 'node:timers/promises';
import { nextTurn } from '../platform/machine.node.ts';
import type { MpiJob, Request } from './openMpi.node.ts';
import { nameOfRank, type Ranks, RanksLost, type Summed } from './ranks.ts';

/** A rank waits for others ten times as long as its own work since the last exchange took, or at least this long. */
export const LEAST_SECONDS = 30;
const FACTOR = 10;
/** Rank 0 knows who is missing, and reports it this many seconds before the others report that rank 0 is. */
const PRECEDENCE = 5;

/** How long a rank waits for others, in seconds, after it has itself worked for some. */
export function waitingTime(rank: number, worked: number, least: number): number {
  return Math.max(least, FACTOR * worked) + (rank === 0 ? 0 : PRECEDENCE + rank);
}

/**
 * An array is exchanged in pieces of this many bytes for each rank, two at a time: what is summed is then still in the
 * cache, and one is on its way while another is added.
 */
const PIECE_BYTES = 2 ** 19;
const AT_A_TIME = 2;

/**
 * For this share of its own work, and at least this long in milliseconds, a rank looks all the time; then ever less, until
 * a piece arrives: the next one will soon.
 */
const EAGER_SHARE = 0.05;
const LEAST_EAGER = 2;
/** It pauses for this share of its wait so far, in milliseconds between these. */
const PAUSE_SHARE = 0.1;
const [FIRST_PAUSE, LONGEST_PAUSE] = [1, 20];

/** Between two looks longer than this, this process itself was suspended, in milliseconds: other ranks are not at fault. */
const SUSPENDED = 1000;

/** The exchanges of one rank with all others. */
export class Exchanges implements Pick<Ranks, 'sum' | 'broadcast' | 'meet'> {
  /** The host of each rank, once known. */
  hosts: readonly string[] = [];
  private readonly job: MpiJob;
  private readonly least: number;
  private ended = performance.now();

  constructor(job: MpiJob, least: number) {
    this.job = job;
    this.least = least;
  }

  async sum(numbers: Summed): Promise<void> {
    const pieces = this.splitPieces(numbers);
    await this.exchange(pieces.map((piece) => () => this.job.sum(piece)));
  }

  async broadcast(bytes: Uint8Array, from: number): Promise<void> {
    const pieces = this.splitPieces(bytes);
    await this.exchange(pieces.map((piece) => () => this.job.broadcast(piece, from)));
  }

  async meet(seconds?: number): Promise<readonly number[]> {
    const { rank } = this.job;
    if (rank === 0 && seconds !== undefined) {
      const missing = await this.waitFor(this.arrivals(), seconds);
      this.ended = performance.now();
      if (missing.length > 0) {
        return missing.map((index) => index + 1);
      }
      await this.exchange([() => this.job.barrier()], { arrivals: [] });
      return [];
    }
    // What rank 0 alone does may take any time.
    await this.exchange([() => this.job.barrier()], rank === 0 ? {} : { patience: Number.POSITIVE_INFINITY });
    return [];
  }

  /** Arrival messages of all ranks to rank 0, which show it who is missing. */
  private arrivals(): Request[] {
    const { job } = this;
    return job.rank === 0
      ? Array.from({ length: job.size - 1 }, (_, index) => job.receive(index + 1))
      : [job.send(0)];
  }

  /** Starts requests in order, and waits until all are done; throws RanksLost if nothing happens for too long. */
  private async exchange(
    starts: readonly (() => Request)[],
    { arrivals = this.arrivals(), patience }: { arrivals?: Request[]; patience?: number } = {},
  ): Promise<void> {
    const { rank } = this.job;
    const workSeconds = (performance.now() - this.ended) / 1000;
    const seconds = patience ?? waitingTime(rank, workSeconds, this.least);
    let open: Request[] = [];
    let next = 0;
    const isDone = (): boolean => {
      open = open.filter((request) => !request());
      while (open.length < AT_A_TIME && next < starts.length) {
        open.push(starts[next++]!());
      }
      return open.length === 0;
    };
    const missing = await this.waitFor([...arrivals, isDone], seconds, () => next - open.length);
    this.ended = performance.now();
    if (missing.length > 0) {
      throw this.lost(missing, seconds, arrivals.length);
    }
  }

  /** Polls until all are done, and returns those that are not in time; a change of `progress` starts the time again. */
  private async waitFor(
    requests: readonly Request[],
    seconds: number,
    progress: () => number = () => 0,
  ): Promise<number[]> {
    let begin = performance.now();
    const eager = Math.max(LEAST_EAGER, EAGER_SHARE * (begin - this.ended));
    let [waited, last, before] = [0, begin, progress()];
    for (;;) {
      const missing = requests.flatMap((isDone, index) => (isDone() ? [] : [index]));
      if (missing.length === 0 || waited > 1000 * seconds) {
        return missing;
      }
      const soFar = last - begin;
      if (soFar < eager) {
        await nextTurn();
      } else {
        await pause(Math.min(LONGEST_PAUSE, Math.max(FIRST_PAUSE, PAUSE_SHARE * soFar)));
      }
      const now = performance.now();
      waited += Math.min(SUSPENDED, now - last);
      if (progress() !== before) {
        before = progress();
        begin = now;
        waited = 0;
      }
      last = now;
    }
  }

  /** That an exchange has taken too long, and whose fault it is as far as this rank knows. */
  private lost(missing: readonly number[], seconds: number, arrivals: number): RanksLost {
    const { rank } = this.job;
    const absent = missing.filter((index) => index < arrivals).map((index) => index + 1);
    const names = (rank === 0 ? absent : [0]).map((rankNumber) => nameOfRank(this, rankNumber));
    const who =
      names.length > 0
        ? `${names.join(', ')} ${names.length === 1 ? 'has' : 'have'} not joined a data exchange for`
        : 'all ranks have joined the data exchange, but no data has arrived for';
    return new RanksLost(
      `${who} ${Math.round(seconds)} seconds: check the machine and its network, or start without it`,
    );
  }

  private splitPieces<Numbers extends Summed | Uint8Array>(numbers: Numbers): Numbers[] {
    const length = (this.job.size * PIECE_BYTES) / numbers.BYTES_PER_ELEMENT;
    const count = Math.max(1, Math.ceil(numbers.length / length));
    return Array.from(
      { length: count },
      (_, index) => numbers.subarray(index * length, (index + 1) * length) as Numbers,
    );
  }
}
