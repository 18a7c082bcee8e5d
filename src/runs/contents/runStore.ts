// Where a run is stored: a folder on a disk, files in the memory of a page or in its private file system.
import type { Literal, Term } from '../../errors.ts';
import type { Config } from '../../experiments/configSchema.ts';
import type { ConfigFile } from '../../experiments/resolve.ts';
import type { JsonObject } from '../../storage/jsonText.ts';
import type { Safetensors } from '../../storage/safetensors.ts';
import type { HeaderCheck } from '../../storage/safetensorsHeader.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { DataRecord } from './dataRecord.ts';

/** A value, or a promise of it. */
type Awaitable<Value> = Value | Promise<Value>;

/** The right to change a run, which one trainer has at a time. */
export interface StoreLock {
  /** Shows others that the holder is alive; call it often. */
  renew(): void;
  /** Gives the right back. */
  release(): Awaitable<void>;
}

/**
 * The storage of one run. Every method throws a UserError if it cannot read or write; a write that fails leaves
 * what was there before.
 */
export interface RunStore {
  /** What messages call the run: the path of its folder, or a name. */
  readonly name: string;
  /** How messages write the call that resumes the run, with changes if there are any. */
  resumption(changes?: Literal): Term | string;
  /** How a run without a usable checkpoint can be trained from scratch: `delete runs/a/checkpoints to …`. */
  readonly restart: string;

  /**
   * Creates the run, with its configuration.
   *
   * @throws UserError (`exists`) if there is one already
   */
  create(config: Config): Awaitable<void>;
  /**
   * The run's configuration.
   *
   * @throws UserError (`not-found`) if there is no run
   */
  readConfig(): Awaitable<ConfigFile>;

  /**
   * Takes the right to train the run.
   *
   * @throws UserError (`locked`) if another trainer has it
   */
  lock(): Awaitable<StoreLock>;
  /** Sets damaged logs and a damaged summary aside, keeping their sound lines; returns a line for each. */
  mend(): Awaitable<readonly string[]>;
  /**
   * Restores the run to when the checkpoint of `step` was written (0: before the first): logs are truncated, later
   * checkpoints, which are corrupt, are set aside. The configuration becomes `config`.
   */
  rewind(config: Config, step: number): Awaitable<void>;

  /** What identifies the run's images; undefined if it was not recorded. */
  readImages(): Awaitable<DataRecord | undefined>;
  /** Records what identifies the run's images. */
  recordImages(record: DataRecord): Awaitable<void>;

  /** The lines of `metrics.jsonl`, read as they are asked for. */
  readMetrics(): Awaitable<Iterable<JsonObject>>;
  /** Adds a line to `metrics.jsonl`. */
  appendMetrics(line: JsonObject): Awaitable<void>;
  /** The lines of `timings.jsonl`, read as they are asked for. */
  readTimings(): Awaitable<Iterable<JsonObject>>;
  /** Adds a line to `timings.jsonl`. */
  appendTiming(line: JsonObject): Awaitable<void>;

  /** The contents of `summary.json`; an empty object if there is none. */
  readSummary(): Awaitable<JsonObject>;
  /** Replaces `summary.json`, except for the evaluations in it. */
  writeSummary(summary: JsonObject): Awaitable<void>;

  /** The steps that have a checkpoint, in order. */
  checkpointSteps(): Awaitable<readonly number[]>;
  /** Where the checkpoint of a step is, for messages. */
  checkpointPath(step: number): string;
  /**
   * Reads the checkpoint of a step.
   *
   * @param check called before its arrays are read, unless they are in memory already
   * @throws UserError (`invalid-data`) if it is corrupt; what `check` throws
   */
  readCheckpoint(step: number, check: HeaderCheck): Awaitable<Checkpoint>;
  /** Saves a checkpoint; the logs are then complete up to it, even after a power cut. */
  saveCheckpoint(step: number, contents: Safetensors): Awaitable<void>;
  /** Removes the checkpoint of a step. */
  removeCheckpoint(step: number): Awaitable<void>;
}
