// Where a program spends its time, by operator type.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CompileOptions } from './program.ts';

/** The time spent in one type of operator during a run. */
export interface OperatorTime {
  /** The ONNX operator. */
  readonly operator: string;
  /** Total over all its nodes, mean over the runs. */
  readonly seconds: number;
  /** The number of its nodes. */
  readonly nodes: number;
}

/** An event of ONNX Runtime's profile, with the fields used here. */
interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  /** In microseconds. */
  readonly dur: number;
  readonly args: { readonly op_name?: string };
}

/** As many warm-up runs come first and are not counted: the first runs touch memory for the first time. */
const RUNS = 3;

/** What can be profiled: one program, or several that work together. */
interface Profiled {
  release(): Promise<void>;
}

/** Times every node of the result of `compile` over some runs; the types that take longest come first. */
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
    // The second half of the runs, for each session.
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
  const operatorTimes = new Map<string, { seconds: number; nodes: number }>();
  for (const { args, dur } of counted) {
    const operator = args.op_name ?? 'unknown';
    const { seconds, nodes } = operatorTimes.get(operator) ?? { seconds: 0, nodes: 0 };
    operatorTimes.set(operator, { seconds: seconds + dur / 1e6 / RUNS, nodes: nodes + 1 / RUNS });
  }
  return [...operatorTimes]
    .map(([operator, time]) => ({ operator, ...time }))
    .sort((a, b) => b.seconds - a.seconds);
}
