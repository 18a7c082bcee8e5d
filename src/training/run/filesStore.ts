// A run stored as files by name, in a page: the same files as in a run folder, which the command line can resume.
import { UserError } from '../../errors.ts';
import type { Config } from '../../experiments/configSchema.ts';
import { stringifyConfig } from '../../experiments/configText.ts';
import {
  type JsonObject,
  jsonLine,
  jsonLinesWhile,
  type LineCheck,
  parseJsonLines,
  soundJsonLines,
} from '../../storage/jsonText.ts';
import { decodeSafetensors, encodeSafetensors, type Safetensors } from '../../storage/safetensors.ts';
import { type Checkpoint, checkpointFrom } from '../checkpoint.ts';
import { type DataRecord, dataRecordText, parseDataRecord } from './dataRecord.ts';
import { checkMetrics, checkTimings } from './logLines.ts';
import type { RunStore } from './runStore.ts';
import { parseSummary, summaryText, withEvaluationsOf } from './runSummary.ts';
import type { StoredFiles } from './storedFiles.ts';

const CONFIG = 'config.yaml';
const SUMMARY = 'summary.json';
const IMAGES = 'data.json';
const METRICS = 'metrics.jsonl';
const TIMINGS = 'timings.jsonl';

/**
 * The storage of a run as files. Logs are kept in memory and written with each checkpoint: a page that is closed loses
 * only the lines of steps that a resume takes again.
 */
export function filesStore(files: StoredFiles): RunStore {
  return new FilesStore(files);
}

class FilesStore implements RunStore {
  readonly name: string;
  private readonly files: StoredFiles;
  /** The text of each log that was read or appended to. */
  private readonly logs = new Map<string, string>();

  constructor(files: StoredFiles) {
    this.name = files.name;
    this.files = files;
  }

  async create(config: string): Promise<void> {
    const names = await this.files.list();
    if (names.length > 0) {
      throw new UserError('exists', `${this.name} already holds a run: resume it, or use another name`);
    }
    await this.write(CONFIG, config);
  }

  async readConfig(): Promise<{ path: string; text: string }> {
    const text = await this.read(CONFIG);
    if (text === undefined) {
      throw new UserError('not-found', `${this.name} holds no run: it has no ${CONFIG}`);
    }
    return { path: this.pathOf(CONFIG), text };
  }

  async lock(): Promise<{ renew(): void; release(): Promise<void> }> {
    const lock = await this.files.lock();
    // Another page may have trained the run meanwhile.
    this.logs.clear();
    return {
      renew() {},
      release: async () => {
        try {
          await this.flush();
        } finally {
          await lock.release();
        }
      },
    };
  }

  async mend(): Promise<string[]> {
    const notes: string[] = [];
    for (const [log, check] of [
      [METRICS, checkMetrics],
      [TIMINGS, checkTimings],
    ] as const) {
      const text = await this.logText(log);
      const sound = soundJsonLines(text, this.pathOf(log), check);
      if (sound !== undefined) {
        const aside = await this.copyAside(log);
        // At once: a page that is closed before the first checkpoint must not cost the sound lines.
        await this.write(log, sound.text);
        this.logs.set(log, sound.text);
        notes.push(`${sound.damage}; the log is kept as ${aside}, its sound lines are used`);
      }
    }
    try {
      await this.readSummary();
    } catch (error) {
      if (!(error instanceof UserError && error.code === 'invalid-data')) {
        throw error;
      }
      const damage = error.message.replace(/; delete it$/, '');
      notes.push(`${damage}; it is kept as ${await this.setAside(SUMMARY)}, and a new one is started`);
    }
    return notes;
  }

  async rewind(config: Config, step: number): Promise<void> {
    for (const later of (await this.checkpointSteps()).filter((saved) => saved > step)) {
      await this.setAside(checkpointName(later));
    }
    for (const log of [METRICS, TIMINGS]) {
      const kept = jsonLinesWhile(
        await this.logText(log),
        this.pathOf(log),
        (line) => Number(line.step) <= step,
      );
      this.logs.set(log, kept);
    }
    await this.flush();
    await this.write(CONFIG, stringifyConfig(config));
  }

  async readImages(): Promise<DataRecord | undefined> {
    const text = await this.read(IMAGES);
    return text === undefined ? undefined : parseDataRecord(text, this.pathOf(IMAGES));
  }

  recordImages(record: DataRecord): Promise<void> {
    return this.write(IMAGES, dataRecordText(record));
  }

  readMetrics(): Promise<JsonObject[]> {
    return this.readLog(METRICS, checkMetrics);
  }

  appendMetrics(line: JsonObject): Promise<void> {
    return this.append(METRICS, line);
  }

  readTimings(): Promise<JsonObject[]> {
    return this.readLog(TIMINGS, checkTimings);
  }

  appendTiming(line: JsonObject): Promise<void> {
    return this.append(TIMINGS, line);
  }

  async readSummary(): Promise<JsonObject> {
    const text = await this.read(SUMMARY);
    return text === undefined ? {} : parseSummary(text, this.pathOf(SUMMARY));
  }

  async writeSummary(summary: JsonObject): Promise<void> {
    await this.write(SUMMARY, summaryText(withEvaluationsOf(await this.readSummary(), summary)));
  }

  async checkpointSteps(): Promise<number[]> {
    return (await this.files.list())
      .flatMap((name) => {
        const digits = /^checkpoints\/step-(\d{8,})\.safetensors$/.exec(name)?.[1];
        return digits === undefined ? [] : [Number(digits)];
      })
      .sort((a, b) => a - b);
  }

  checkpointPath(step: number): string {
    return this.pathOf(checkpointName(step));
  }

  async readCheckpoint(step: number): Promise<Checkpoint> {
    const path = this.checkpointPath(step);
    const bytes = await this.files.read(checkpointName(step));
    if (bytes === undefined) {
      throw new UserError('not-found', `${path} does not exist`);
    }
    const checkpoint = checkpointFrom(decodeSafetensors(bytes, path), path);
    if (checkpoint.damage !== null) {
      throw new UserError('invalid-data', checkpoint.damage);
    }
    return checkpoint;
  }

  async saveCheckpoint(step: number, { tensors, metadata }: Safetensors): Promise<void> {
    await this.flush();
    await this.files.write(checkpointName(step), encodeSafetensors(tensors, metadata));
  }

  removeCheckpoint(step: number): Promise<void> {
    return this.files.remove(checkpointName(step));
  }

  private async readLog(log: string, check: LineCheck): Promise<JsonObject[]> {
    return parseJsonLines(await this.logText(log), this.pathOf(log), check);
  }

  private async append(log: string, line: JsonObject): Promise<void> {
    this.logs.set(log, (await this.logText(log)) + jsonLine(line));
  }

  private async logText(log: string): Promise<string> {
    const known = this.logs.get(log);
    if (known !== undefined) {
      return known;
    }
    const text = (await this.read(log)) ?? '';
    this.logs.set(log, text);
    return text;
  }

  private async flush(): Promise<void> {
    for (const [log, text] of this.logs) {
      await this.write(log, text);
    }
  }

  /** Renames a file to the first free one of `….damaged`, `….damaged-2`, …, and returns its new path. */
  private async setAside(name: string): Promise<string> {
    const aside = await this.copyAside(name);
    await this.files.remove(name);
    return aside;
  }

  /** The same, but the file stays too. */
  private async copyAside(name: string): Promise<string> {
    const taken = await this.files.list();
    let aside = `${name}.damaged`;
    for (let number = 2; taken.includes(aside); number++) {
      aside = `${name}.damaged-${number}`;
    }
    const bytes = await this.files.read(name);
    await this.files.write(aside, bytes!);
    return this.pathOf(aside);
  }

  private async read(name: string): Promise<string | undefined> {
    const bytes = await this.files.read(name);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  }

  private write(name: string, text: string): Promise<void> {
    return this.files.write(name, new TextEncoder().encode(text));
  }

  private pathOf(name: string): string {
    return `${this.name}/${name}`;
  }
}

function checkpointName(step: number): string {
  return `checkpoints/step-${String(step).padStart(8, '0')}.safetensors`;
}
