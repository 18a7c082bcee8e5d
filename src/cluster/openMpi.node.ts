// Open MPI's library: the functions that ranks need, called through koffi.
import { setTimeout as pause } from 'node:timers/promises';
import { UserError } from '../errors.ts';
import type { Summed } from './ranks.ts';

/** The library's names, by how likely they are. */
const libraries = ['libmpi.so.40', 'libmpi.so', 'libmpi.40.dylib', 'libmpi.dylib'];

/** MPI_THREAD_SERIALIZED: calls from any thread, one at a time. */
const SERIALIZED = 2;
/** MPI_IN_PLACE of Open MPI. */
const IN_PLACE = 1n;
/** Counts are an int: longer arrays go in pieces. */
const MOST_NUMBERS = 2 ** 28;

/** Between two looks at whether something has arrived, in milliseconds: at first, and after a while. */
const FIRST_PAUSE = 0.2;
const LONGEST_PAUSE = 20;

type Call = (...values: readonly unknown[]) => number;

/** A C function, which can also run in another thread. */
type ForeignFunction = Call & {
  async(...values: readonly [...unknown[], (error: unknown, result: number) => void]): void;
};

/** A job of MPI that this process is part of. */
export interface MpiJob {
  readonly rank: number;
  readonly size: number;
  sum(numbers: Summed): Promise<void>;
  broadcast(bytes: Uint8Array, from: number): Promise<void>;
  meet(seconds: number): Promise<readonly number[]>;
  /** Tells MPI that this process will end; ends nothing else. */
  finalize(): void;
  /** Ends all processes, this one included. */
  abort(exitCode: number): void;
}

/**
 * Joins the MPI job that this process was started in. It blocks the event loop until all processes have joined, because
 * MPI changes the environment and the allocation of memory meanwhile.
 *
 * @throws UserError (`unsupported`) if koffi or Open MPI's library is missing
 */
export async function joinMpiJob(): Promise<MpiJob> {
  const { symbol, call } = await openLibrary();
  const provided = Int32Array.of(0);
  call('MPI_Init_thread', 'void*', 'void*', 'int', 'void*')(null, null, SERIALIZED, provided);
  if (provided[0]! < SERIALIZED) {
    throw new UserError(
      'unsupported',
      'this Open MPI was built without threads: use one with MPI_THREAD_SERIALIZED, as all distributions have',
    );
  }
  const world = symbol('ompi_mpi_comm_world');
  const [float, double, byte] = ['float', 'double', 'byte'].map((type) => symbol(`ompi_mpi_${type}`));
  const add = symbol('ompi_mpi_op_sum');
  const one = (name: string): number => {
    const result = Int32Array.of(0);
    call(name, 'void*', 'void*')(world, result);
    return result[0]!;
  };
  const [rank, size] = [one('MPI_Comm_rank'), one('MPI_Comm_size')];
  const allReduce = inThread(
    call('MPI_Allreduce', 'void*', 'void*', 'int', 'void*', 'void*', 'void*'),
    'MPI_Allreduce',
  );
  const broadcast = inThread(call('MPI_Bcast', 'void*', 'int', 'void*', 'int', 'void*'), 'MPI_Bcast');
  const startBarrier = call('MPI_Ibarrier', 'void*', 'void*');
  const startSend = call('MPI_Isend', 'void*', 'int', 'void*', 'int', 'int', 'void*', 'void*');
  const startReceive = call('MPI_Irecv', 'void*', 'int', 'void*', 'int', 'int', 'void*', 'void*');
  const test = call('MPI_Test', 'void*', 'void*', 'void*');
  const finalize = call('MPI_Finalize');
  const abort = call('MPI_Abort', 'void*', 'int');
  const nothing = new Uint8Array(1);
  /** A request, and whether it is done. */
  const request = (start: (handle: BigUint64Array) => number): (() => boolean) => {
    const handle = new BigUint64Array(1);
    const flag = Int32Array.of(0);
    start(handle);
    return () => {
      if (flag[0] === 0) {
        test(handle, flag, null);
      }
      return flag[0] !== 0;
    };
  };
  return {
    rank,
    size,
    async sum(numbers) {
      const type = numbers instanceof Float32Array ? float : double;
      for (let start = 0; start < numbers.length; start += MOST_NUMBERS) {
        const piece = numbers.subarray(start, start + MOST_NUMBERS);
        await allReduce(IN_PLACE, piece, piece.length, type, add, world);
      }
    },
    async broadcast(bytes, from) {
      for (let start = 0; start < bytes.length; start += MOST_NUMBERS) {
        const piece = bytes.subarray(start, start + MOST_NUMBERS);
        await broadcast(piece, piece.length, byte, from, world);
      }
    },
    async meet(seconds) {
      // One by one, so that rank 0 can say who is missing.
      const arrivals =
        rank === 0
          ? Array.from({ length: size - 1 }, (_, index) =>
              request((handle) => startReceive(nothing, 0, byte, index + 1, 0, world, handle)),
            )
          : [request((handle) => startSend(nothing, 0, byte, 0, 0, world, handle))];
      if (!(await until(() => arrivals.map((isDone) => isDone()).every(Boolean), seconds))) {
        return arrivals.flatMap((isDone, index) => (isDone() ? [] : [index + 1]));
      }
      await until(
        request((handle) => startBarrier(world, handle)),
        Number.POSITIVE_INFINITY,
      );
      return [];
    },
    finalize: () => void finalize(),
    abort: (exitCode) => void abort(world, exitCode),
  };
}

/** Open MPI's functions and the addresses of its constants. */
interface Library {
  symbol(name: string): bigint;
  call(name: string, ...types: readonly string[]): ForeignFunction;
}

async function openLibrary(): Promise<Library> {
  const koffi = await import('koffi').then(
    ({ default: module }) => module,
    (cause) => {
      throw new UserError(
        'unsupported',
        'training on several machines requires the package koffi: run npm install koffi',
        { cause },
      );
    },
  );
  // UCX, which Open MPI loads where it is installed, would watch how this process allocates memory, and first try that by
  // moving the end of the heap back and forth. Another thread that allocates just then loses what it got, and crashes.
  process.env.UCX_MEM_EVENTS ??= 'n';
  const problems: unknown[] = [];
  for (const name of libraries) {
    try {
      const library = koffi.load(name);
      const symbol = (constant: string): bigint => library.symbol(constant, 'char') as bigint;
      symbol('ompi_mpi_comm_world');
      return {
        symbol,
        call: (called, ...types) => library.func(called, 'int', [...types]) as ForeignFunction,
      };
    } catch (error) {
      problems.push(error);
    }
  }
  throw new UserError(
    'unsupported',
    "training on several machines requires Open MPI's library, libmpi.so.40: run apt-get install openmpi-bin " +
      "on every machine, or load your cluster's module for Open MPI",
    { cause: problems[0] },
  );
}

/** A function in another thread, so that the event loop runs meanwhile. Its arrays must not move or be freed. */
function inThread(called: ForeignFunction, name: string): (...values: readonly unknown[]) => Promise<void> {
  return (...values) =>
    new Promise((resolve, reject) => {
      called.async(...values, (error, result) => {
        if (error || result !== 0) {
          reject(error ?? new Error(`${name} failed with code ${result}`));
        } else {
          resolve();
        }
      });
    });
}

/** Looks until something holds, ever less often; false if that takes longer than some seconds. */
async function until(holds: () => boolean, seconds: number): Promise<boolean> {
  const end = performance.now() + 1000 * seconds;
  for (let wait = FIRST_PAUSE; !holds(); wait = Math.min(2 * wait, LONGEST_PAUSE)) {
    if (performance.now() > end) {
      return false;
    }
    await pause(wait);
  }
  return true;
}
