// Open MPI's library: the functions that ranks need, called through koffi.
//
// All of them return at once, and MPI works on what they have started whenever it is asked whether it is done. A call that
// waits would block the event loop; one in another thread takes a millisecond, ten times as long as a small sum.
import { UserError } from '../errors.ts';
import { missingPackages } from '../platform/missingPackages.node.ts';
import type { Summed } from './ranks.ts';

/** The library's names, by how likely they are. */
const libraries = ['libmpi.so.40', 'libmpi.so', 'libmpi.40.dylib', 'libmpi.dylib'];

/** MPI_THREAD_FUNNELED: the process has several threads, and only this one calls MPI. */
const FUNNELED = 1;

type ForeignFunction = (...values: readonly unknown[]) => number;

/**
 * Something that MPI does: whether it is done. MPI works on it when this is asked. The caller keeps
 * its arrays, unchanged, until then.
 */
export type Request = () => boolean;

/** A job of MPI that this process is part of. Requests that concern all processes are started in the same order by all. */
export interface MpiJob {
  readonly rank: number;
  readonly size: number;
  /** Replaces numbers by their sums over all processes. */
  sum(numbers: Summed): Request;
  /** Replaces bytes with those sent by a process. */
  broadcast(bytes: Uint8Array, from: number): Request;
  /** Done once all processes have started it. */
  barrier(): Request;
  /** Sends an empty message to a process. */
  send(to: number): Request;
  /** Receives an empty message from a process. */
  receive(from: number): Request;
  /** Tells MPI that this process will end; ends nothing else. */
  finalize(): void;
  /** Ends all processes, this one included. */
  abort(exitCode: number): void;
}

/**
 * Loads Open MPI's library; what it returns joins the job that this process was started in. That blocks the event loop until
 * all processes have joined, because MPI changes the environment and the allocation of memory meanwhile.
 *
 * @throws UserError (`unsupported`) if koffi or Open MPI's library is missing
 */
export async function openMpi(): Promise<() => MpiJob> {
  const library = await openLibrary();
  return () => joinWith(library);
}

function joinWith({ symbol, call }: Library): MpiJob {
  call('MPI_Init_thread', 'void*', 'void*', 'int', 'void*')(null, null, FUNNELED, Int32Array.of(0));
  const world = symbol('ompi_mpi_comm_world');
  const [float, double, byte] = ['float', 'double', 'byte'].map((type) => symbol(`ompi_mpi_${type}`));
  const add = symbol('ompi_mpi_op_sum');
  const readInteger = (name: string): number => {
    const result = Int32Array.of(0);
    call(name, 'void*', 'void*')(world, result);
    return result[0]!;
  };
  const startSum = call('MPI_Iallreduce', 'void*', 'void*', 'int', 'void*', 'void*', 'void*', 'void*');
  const startBroadcast = call('MPI_Ibcast', 'void*', 'int', 'void*', 'int', 'void*', 'void*');
  const startBarrier = call('MPI_Ibarrier', 'void*', 'void*');
  const startSend = call('MPI_Isend', 'void*', 'int', 'void*', 'int', 'int', 'void*', 'void*');
  const startReceive = call('MPI_Irecv', 'void*', 'int', 'void*', 'int', 'int', 'void*', 'void*');
  const test = call('MPI_Test', 'void*', 'void*', 'void*');
  const finalize = call('MPI_Finalize');
  const abort = call('MPI_Abort', 'void*', 'int');
  const nothing = new Uint8Array(1);
  /** What MPI reads until a request is done, kept from the garbage collector. */
  const sending = new Set<Summed>();
  const request = (start: (handle: BigUint64Array) => number, sent?: Summed): Request => {
    const handle = new BigUint64Array(1);
    const flag = Int32Array.of(0);
    if (sent) {
      sending.add(sent);
    }
    start(handle);
    return () => {
      if (flag[0] === 0) {
        test(handle, flag, null);
      }
      const done = flag[0] !== 0;
      if (done && sent) {
        sending.delete(sent);
      }
      return done;
    };
  };
  const size = readInteger('MPI_Comm_size');
  return {
    rank: readInteger('MPI_Comm_rank'),
    size,
    sum(numbers) {
      const type = numbers instanceof Float32Array ? float : double;
      // In place, Open MPI would sum along a binomial tree, whose root sends the array log2(size) times.
      const summands = numbers.slice();
      return request(
        (handle) => startSum(summands, numbers, numbers.length, type, add, world, handle),
        summands,
      );
    },
    broadcast: (bytes, from) =>
      request((handle) => startBroadcast(bytes, bytes.length, byte, from, world, handle)),
    barrier: () => request((handle) => startBarrier(world, handle)),
    send: (to) => request((handle) => startSend(nothing, 0, byte, to, 0, world, handle)),
    receive: (from) => request((handle) => startReceive(nothing, 0, byte, from, 0, world, handle)),
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
      throw missingPackages('MPI runs require', ['koffi'], cause);
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
    "MPI runs require Open MPI's library, libmpi.so.40: run apt-get install openmpi-bin " +
      "on every machine, or load your cluster's module for Open MPI",
    { cause: problems[0] },
  );
}
