// Where a program spends its time, by the kind of its operators.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CompileOptions } from './program.ts';

/** The time of one kind of operator in a run. */
export interface OperatorTime {
  /** The ONNX operator. */
  readonly operator: string;
  /** In all its nodes, the mean over the runs. */
  readonly seconds: number;
  /** How many nodes there are of it. */
  readonly nodes: number;
}

/** An event of ONNX Runtime's profile, as far as it is read here. */
interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  /** In microseconds. */
  readonly dur: number;
  readonly args: { readonly op_name?: string };
}

/** Runs are counted after as many that are not: the first ones meet memory that has not been touched yet. */
const RUNS = 3;

/** What can be profiled: one program, or several that work together. */
interface Profiled {
  release(): Promise<void>;
}

/** Times every node of what `compile` gives over some runs; the kinds that take longest come first. */
export async function profile<Compiled extends Profiled>(
  compile: (options: CompileOptions) => Promise<Compiled>,
  run: (compiled: Compiled) => Promise<unknown>,
  options: CompileOptions,
): Promise<OperatorTime[]> {
  const folder = await mkdtemp(join(tmpdir(), 'emerging-profile-'));
  try {
    const program = await compile({ ...options, profile: join(folder, 'run') });
    for (let round = 0; round < 2 * RUNS; round++) {
      await run(program);
    }
    await program.release();
    const files = await readdir(folder);
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
    // Of each session the second half of the runs.
    return byOperator(
      texts.flatMap((text) => {
        const events = (JSON.parse(text) as ProfileEvent[]).filter(isOfNode);
        return events.slice(events.length / 2);
      }),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

function isOfNode({ cat, name }: ProfileEvent): boolean {
  return cat === 'Node' && name.endsWith('_kernel_time');
}

function byOperator(counted: readonly ProfileEvent[]): OperatorTime[] {
  const times = new Map<string, { seconds: number; nodes: number }>();
  for (const { args, dur } of counted) {
    const operator = args.op_name ?? 'unknown';
    const { seconds, nodes } = times.get(operator) ?? { seconds: 0, nodes: 0 };
    times.set(operator, { seconds: seconds + dur / 1e6 / RUNS, nodes: nodes + 1 / RUNS });
  }
  return [...times].map(([operator, time]) => ({ operator, ...time })).sort((a, b) => b.seconds - a.seconds);
}
