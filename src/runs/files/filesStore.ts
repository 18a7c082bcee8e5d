// A run stored as files by name, in a page: the same files as in a run folder, which the command line can resume.
import { type Literal, literal, UserError } from '../../errors.ts';
import type { Config } from '../../experiments/configSchema.ts';
import { stringifyConfig } from '../../experiments/configText.ts';
import {
  damageIn,
  firstBytes,
  type JsonObject,
  jsonLine,
  type LineCheck,
  type LogBytes,
  lengthWhile,
  parseJsonLines,
  soundLines,
} from '../../storage/jsonText.ts';
import { encodeSafetensors, type Safetensors } from '../../storage/safetensors.ts';
import { type Checkpoint, soundCheckpoint } from '../contents/checkpoint.ts';
import { type DataRecord, dataRecordText, parseDataRecord } from '../contents/dataRecord.ts';
import { checkMetrics, checkTimings, mendedText } from '../contents/logLines.ts';
import {
  checkpointFolder,
  checkpointName,
  runFileNames,
  stepOfCheckpoint,
} from '../contents/runFileNames.ts';
import type { RunStore } from '../contents/runStore.ts';
import { parseSummary, summaryText, withEvaluationsOf } from '../contents/runSummary.ts';
import type { StoredFiles } from './runFiles.ts';

const {
  config: CONFIG,
  summary: SUMMARY,
  dataRecord: IMAGES,
  metrics: METRICS,
  timings: TIMINGS,
} = runFileNames;

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
  readonly restart: string;
  /** The text of each log that was read or appended to. */
  private readonly logs = new Map<string, string>();
  /** The logs whose text is not in the files yet. */
  private readonly changed = new Set<string>();

  constructor(files: StoredFiles) {
    this.name = files.name;
    this.restart = 'start a new run under another name';
    this.files = files;
  }

  resumption(changes?: Literal): string {
    return `resumeRun(files, ${literal(changes ?? {})}, { dataset })`;
  }

  async create(config: Config): Promise<void> {
    // Two pages may start a run of this name at once.
    const { release } = await this.files.lock();
    try {
      const names = await this.files.list();
      if (names.length > 0) {
        throw new UserError('exists', `${this.name} already holds a run: resume it, or use another name`);
      }
      await this.write(CONFIG, stringifyConfig(config));
    } finally {
      await release();
    }
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
    this.changed.clear();
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
      const damaged = await this.logBytes(log);
      const damage = damageIn(damaged, check);
      if (damage !== undefined) {
        const aside = await this.copyAside(log);
        // At once: a page that is closed before the first checkpoint must not cost the sound lines.
        let givenUpAt: number | undefined;
        const sound = soundLines(damaged, check, (line) => {
          givenUpAt = line;
        });
        this.setLog(log, textOf(sound));
        await this.flush();
        notes.push(mendedText({ damage, aside, givenUpAt }));
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
      await this.setAside(fileOf(later));
    }
    for (const log of [METRICS, TIMINGS]) {
      const whole = await this.logBytes(log);
      const length = lengthWhile(whole, (line) => Number(line.step) <= step);
      this.setLog(log, textOf(firstBytes(whole.blocks, length)));
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

  readMetrics(): Promise<Iterable<JsonObject>> {
    return this.readLog(METRICS, checkMetrics);
  }

  appendMetrics(line: JsonObject): Promise<void> {
    return this.append(METRICS, line);
  }

  readTimings(): Promise<Iterable<JsonObject>> {
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
    const inFolder = `${checkpointFolder}/`;
    return (await this.files.list())
      .filter((name) => name.startsWith(inFolder))
      .flatMap((name) => stepOfCheckpoint(name.slice(inFolder.length)) ?? [])
      .sort((a, b) => a - b);
  }

  checkpointPath(step: number): string {
    return this.pathOf(fileOf(step));
  }

  async readCheckpoint(step: number): Promise<Checkpoint> {
    const path = this.checkpointPath(step);
    const bytes = await this.files.read(fileOf(step));
    if (bytes === undefined) {
      throw new UserError('not-found', `${path} does not exist`);
    }
    return soundCheckpoint(bytes, path);
  }

  async saveCheckpoint(step: number, { tensors, metadata }: Safetensors): Promise<void> {
    await this.flush();
    await this.files.write(fileOf(step), encodeSafetensors(tensors, metadata));
  }

  removeCheckpoint(step: number): Promise<void> {
    return this.files.remove(fileOf(step));
  }

  private async readLog(log: string, check: LineCheck): Promise<Iterable<JsonObject>> {
    return parseJsonLines(await this.logBytes(log), check);
  }

  private async logBytes(log: string): Promise<LogBytes> {
    return { path: this.pathOf(log), blocks: [new TextEncoder().encode(await this.logText(log))] };
  }

  private async append(log: string, line: JsonObject): Promise<void> {
    this.setLog(log, (await this.logText(log)) + jsonLine(line));
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

  private setLog(log: string, text: string): void {
    if (this.logs.get(log) !== text) {
      this.logs.set(log, text);
      this.changed.add(log);
    }
  }

  private async flush(): Promise<void> {
    for (const log of this.changed) {
      await this.write(log, this.logs.get(log)!);
      this.changed.delete(log);
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

function textOf(blocks: Iterable<Uint8Array>): string {
  const decoder = new TextDecoder();
  let text = '';
  for (const block of blocks) {
    text += decoder.decode(block, { stream: true });
  }
  return text;
}

function fileOf(step: number): string {
  return `${checkpointFolder}/${checkpointName(step)}`;
}
