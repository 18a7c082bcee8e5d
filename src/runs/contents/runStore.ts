// A run: its configuration, logs, summary and checkpoints, in files on a disk, in memory or in a browser.
import { call, type Literal, literal, type Term, UserError } from '../../core/errors.ts';
import {
  atMost,
  byHeader,
  decodeSafetensors,
  encodeSafetensors,
  type FileLock,
  type FileStore,
  type HeaderCheck,
  type JsonObject,
  jsonLine,
  mendLog,
  readLog,
  rewindLog,
  type Safetensors,
} from '../../data/files/index.ts';
import type { Config } from '../settings/configSchema.ts';
import { stringifyConfig } from '../settings/configText.ts';
import type { ConfigFile } from '../settings/resolve.ts';
import { type Checkpoint, checkpointFrom, requireSound } from './checkpoint.ts';
import { type DataRecord, dataRecordText, largestRecord, parseDataRecord } from './dataRecord.ts';
import { checkMetrics, checkTimings } from './logLines.ts';
import { checkpointFile, runFileNames, stepsIn } from './runFileNames.ts';
import { evaluationsIn, ifDamaged, readStoredSummary, summaryText } from './runSummary.ts';

/**
 * The storage of one run. Every method throws a UserError if it cannot read or write; a write that fails leaves
 * what was there before.
 */
export class RunStore {
  protected readonly files: FileStore;
  private readonly isFolder: boolean;

  /**
   * @param files which need not hold a run yet; `isFolder`: whether their name is the path of a run folder
   */
  constructor(files: FileStore, { isFolder = false }: { readonly isFolder?: boolean } = {}) {
    this.files = files;
    this.isFolder = isFolder;
  }

  /** The run's name in messages: the path of its folder, or another name. */
  get name(): string {
    return this.files.name;
  }

  /** The call that resumes the run, for messages; with changes if there are any. */
  resumption(changes?: Literal): Term | string {
    return this.isFolder
      ? call('resumeRun', this.name, ...(changes === undefined ? [] : [changes]))
      : `resumeRun(files, ${literal(changes ?? {})}, { dataset })`;
  }

  /** How a run without a usable checkpoint can be trained from scratch. */
  get restart(): string {
    return 'start a new run under another name';
  }

  /**
   * Creates the run, with its configuration.
   *
   * @param start the checkpoint that it starts from, written first: a run with a configuration never lacks it
   * @throws UserError (`exists`) if there is one already
   */
  async create(config: Config, start?: Safetensors): Promise<void> {
    // Two pages may start a run of this name at once.
    const { release } = await this.files.lock();
    try {
      const names = await this.files.list();
      if (names.length > 0) {
        throw new UserError('exists', `${this.name} already holds a run: resume it, or use another name`);
      }
      if (start !== undefined) {
        await this.saveCheckpoint(0, start);
      }
      await this.files.write(runFileNames.config, stringifyConfig(config));
    } finally {
      await release();
    }
  }

  /**
   * The run's configuration.
   *
   * @throws UserError (`not-found`) if the run is missing
   */
  async readConfig(): Promise<ConfigFile> {
    const bytes = await this.files.read(runFileNames.config);
    if (bytes === undefined) {
      throw new UserError('not-found', `${this.name} holds no run: it has no ${runFileNames.config}`);
    }
    return { path: this.files.resolvePath(runFileNames.config), text: new TextDecoder().decode(bytes) };
  }

  /**
   * Locks the run for training.
   *
   * @throws UserError (`locked`) if another trainer holds the lock
   */
  async lock(): Promise<FileLock> {
    return this.files.lock();
  }

  /** Sets damaged logs and a damaged summary aside, keeping the lines before the damage; returns a line for each. */
  mend(): Promise<readonly string[]> {
    return mendRun(this.files);
  }

  /**
   * Restores the run to when the checkpoint of `step` was written (0: before the first): logs are truncated, later
   * checkpoints, which are corrupt, are set aside, and evaluations of later weights, which are lost, are removed. The
   * configuration becomes `config`.
   */
  async rewind(config: Config, step: number): Promise<void> {
    for (const later of (await this.checkpointSteps()).filter((saved) => saved > step)) {
      await this.files.setAside(checkpointFile(later));
    }
    for (const log of [runFileNames.metrics, runFileNames.timings]) {
      await rewindLog(this.files, log, (line) => Number(line.step) <= step);
    }
    await this.removeEvaluationsAfter(step);
    await this.files.write(runFileNames.config, stringifyConfig(config));
  }

  private async removeEvaluationsAfter(step: number): Promise<void> {
    const { evaluations, ...summary } = await this.readSummary();
    const all = evaluationsIn({ evaluations });
    const kept = all.filter((evaluation) => !(Number(evaluation.step) > step));
    if (kept.length < all.length) {
      const remaining = kept.length > 0 ? { ...summary, evaluations: kept } : summary;
      await this.files.write(runFileNames.summary, summaryText(remaining));
    }
  }

  /** What identifies the run's images; undefined if it was not recorded, as for runs without images. */
  async readImages(): Promise<DataRecord | undefined> {
    const bytes = await this.files.read(runFileNames.dataRecord, atMost(largestRecord));
    return (
      bytes &&
      parseDataRecord(new TextDecoder().decode(bytes), this.files.resolvePath(runFileNames.dataRecord))
    );
  }

  /** Records what identifies the run's images. */
  async recordImages(record: DataRecord): Promise<void> {
    await this.files.write(runFileNames.dataRecord, dataRecordText(record));
  }

  /** Where `metrics.jsonl` is, for messages. */
  get metricsPath(): string {
    return this.files.resolvePath(runFileNames.metrics);
  }

  /** The lines of `metrics.jsonl`, read on demand. */
  readMetrics(): Promise<Iterable<JsonObject>> {
    return readLog(this.files, runFileNames.metrics, checkMetrics);
  }

  /** Adds a line to `metrics.jsonl`. */
  async appendMetrics(line: JsonObject): Promise<void> {
    await this.files.append(runFileNames.metrics, jsonLine(line));
  }

  /** The lines of `timings.jsonl`, read on demand. */
  readTimings(): Promise<Iterable<JsonObject>> {
    return readLog(this.files, runFileNames.timings, checkTimings);
  }

  /** Adds a line to `timings.jsonl`. */
  async appendTiming(line: JsonObject): Promise<void> {
    await this.files.append(runFileNames.timings, jsonLine(line));
  }

  /**
   * The contents of `summary.json`; an empty object if there is none.
   *
   * @throws UserError (`invalid-data`) if it is damaged
   */
  readSummary(): Promise<JsonObject> {
    return readStoredSummary(this.files);
  }

  /** The same, but an empty object if it is damaged: a resume sets such a file aside and starts another. */
  readSummaryIfSound(): Promise<JsonObject> {
    return this.readSummary().catch(ifDamaged(() => ({})));
  }

  /** Replaces `summary.json`, except for the evaluations in it. */
  async writeSummary(summary: JsonObject): Promise<void> {
    const { evaluations } = await this.readSummary();
    await this.files.write(
      runFileNames.summary,
      summaryText({ ...summary, ...(evaluations === undefined ? {} : { evaluations }) }),
    );
  }

  /** Adds an evaluation to those in `summary.json`; an equal earlier one moves to the end. */
  async appendEvaluation(evaluation: JsonObject): Promise<void> {
    const summary = await this.readSummary();
    const text = JSON.stringify(evaluation);
    const others = evaluationsIn(summary).filter((other) => JSON.stringify(other) !== text);
    await this.files.write(
      runFileNames.summary,
      summaryText({ ...summary, evaluations: [...others, evaluation] }),
    );
  }

  /** Another file of the run as text, with its path for errors; undefined if it does not exist. */
  async readFile(name: string, limit: number): Promise<{ text: string; path: string } | undefined> {
    const bytes = await this.files.read(name, atMost(limit));
    return bytes && { text: new TextDecoder().decode(bytes), path: this.files.resolvePath(name) };
  }

  /** Writes another file of the run. */
  async writeFile(name: string, text: string): Promise<void> {
    await this.files.write(name, text);
  }

  /** The steps that have a checkpoint, in order. */
  async checkpointSteps(): Promise<readonly number[]> {
    return stepsIn(await this.files.list(runFileNames.checkpoints));
  }

  /** Where the checkpoint of a step is, for messages. */
  checkpointPath(step: number): string {
    return this.files.resolvePath(checkpointFile(step));
  }

  /**
   * Reads the checkpoint of a step.
   *
   * @param check called before its arrays are read, unless they are in memory already
   * @param acceptDamage whether a wrong checksum is accepted
   * @throws UserError (`invalid-data`) if it is corrupt; what `check` throws
   */
  async readCheckpoint(step: number, check: HeaderCheck, acceptDamage = false): Promise<Checkpoint> {
    const path = this.checkpointPath(step);
    const bytes = await this.files.read(checkpointFile(step), byHeader(check));
    if (bytes === undefined) {
      throw new UserError('not-found', `cannot read ${path}: it does not exist`);
    }
    const checkpoint = checkpointFrom(decodeSafetensors(bytes, path), path);
    return acceptDamage ? checkpoint : requireSound(checkpoint);
  }

  /** Saves a checkpoint; the logs are then complete up to it, even after a power cut. */
  async saveCheckpoint(step: number, { tensors, metadata }: Safetensors): Promise<void> {
    await this.files.flush(runFileNames.metrics);
    await this.files.flush(runFileNames.timings);
    await this.files.write(checkpointFile(step), encodeSafetensors(tensors, metadata));
  }

  /** Removes the checkpoint of a step. */
  async removeCheckpoint(step: number): Promise<void> {
    await this.files.remove(checkpointFile(step));
  }
}

/** Sets damaged logs and a damaged summary aside, keeping the lines before the damage; returns a line for each. */
async function mendRun(files: FileStore): Promise<readonly string[]> {
  const { metrics, timings, summary } = runFileNames;
  const notes: string[] = [];
  for (const [log, check] of [
    [metrics, checkMetrics],
    [timings, checkTimings],
  ] as const) {
    const mended = await mendLog(files, log, check);
    if (mended !== undefined) {
      notes.push(
        `${mended.problem}; the log is kept as ${mended.aside}, and only its lines before that are used`,
      );
    }
  }
  const damage = await readStoredSummary(files).then(
    () => undefined,
    ifDamaged(({ message }) => message),
  );
  if (damage !== undefined) {
    const aside = files.resolvePath(await files.setAside(summary));
    // Without the remedy at its end.
    notes.push(`${damage.replace(/; [^;]*$/, '')}; it is kept as ${aside}, and a new one is started`);
  }
  return notes;
}
