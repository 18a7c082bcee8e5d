// The learning curve of a run, line by line as its logs grow.
import { type CurvePoint, finiteMean } from '../../../src/evaluation/reports/curvePlot.ts';

/** Something that the guard did at a step. */
export interface CurveMark {
  readonly step: number;
  readonly text: string;
  readonly kind: 'dropped' | 'setback';
}

/** What is said of the last steps is over so many of them. */
const RECENT = 50;

/** The measurements of a run. Logs that go back, as after a resume from an earlier step, replace what was later. */
export class RunCurve {
  /** The mean over each batch. */
  readonly training: CurvePoint[] = [];
  /** The mean over the validation images, with the average weights. */
  readonly validation: CurvePoint[] = [];
  readonly marks: CurveMark[] = [];
  private readonly times: { readonly step: number; readonly seconds: number; readonly rate: number }[] = [];

  /** The last step. */
  get step(): number {
    return this.training.at(-1)?.step ?? 0;
  }

  /** The seconds of all steps. */
  get seconds(): number {
    return this.times.at(-1)?.seconds ?? 0;
  }

  /** Images per second over the last steps; undefined if unknown. */
  get speed(): number | undefined {
    const rates = this.times
      .slice(-RECENT)
      .map(({ rate }) => rate)
      .filter(Number.isFinite);
    return rates.length === 0 ? undefined : rates.length / rates.reduce((sum, rate) => sum + 1 / rate, 0);
  }

  /** Adds a line of `metrics.jsonl`; what is no such line is skipped. */
  addMetrics(line: unknown): void {
    const { step, bitsPerDim, validationBitsPerDim, dropped, backToStep, reason } = fieldsOf(line);
    if (!isStep(step)) {
      return;
    }
    if (validationBitsPerDim !== undefined) {
      this.validation.push({ step, bitsPerDim: numberIn(validationBitsPerDim) });
    } else if (backToStep !== undefined) {
      const text = `step ${step}: rolled back to step ${backToStep} (${reason})`;
      this.marks.push({ step, kind: 'setback', text });
    } else if (bitsPerDim !== undefined) {
      this.forgetFrom(step);
      this.training.push({ step, bitsPerDim: numberIn(bitsPerDim) });
      if (dropped !== undefined) {
        this.marks.push({ step, kind: 'dropped', text: `step ${step}: dropped (${dropped})` });
      }
    }
  }

  /** Adds a line of `timings.jsonl`. */
  addTiming(line: unknown): void {
    const { step, seconds, imagesPerSecond } = fieldsOf(line);
    if (isStep(step) && typeof seconds === 'number' && seconds >= 0) {
      cut(this.times, step);
      this.times.push({ step, seconds: this.seconds + seconds, rate: numberIn(imagesPerSecond) });
    }
  }

  /** The seconds of training up to a step; those of the last step before it whose time is known. */
  secondsAt(step: number): number {
    let [low, high] = [0, this.times.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle]!.step <= step) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return this.times[low - 1]?.seconds ?? 0;
  }

  /** The mean bits/dim of the last batches; NaN if there are none. */
  recent(): number {
    return finiteMean(this.training.slice(-RECENT));
  }

  private forgetFrom(step: number): void {
    for (const list of [this.training, this.validation, this.marks]) {
      cut(list, step);
    }
  }
}

/** The lines of a log that are objects; others, such as one that a crash has cut off, are skipped. */
export function linesOf(log: string): unknown[] {
  return log.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line)];
    } catch {
      // It is not there yet, or damaged.
      return [];
    }
  });
}

/** Removes what is at this step or later from a list in the order of its steps. */
function cut(list: { readonly step: number }[], step: number): void {
  while (list.length > 0 && list.at(-1)!.step >= step) {
    list.pop();
  }
}

function fieldsOf(line: unknown): Readonly<Record<string, unknown>> {
  return typeof line === 'object' && line !== null ? { ...line } : {};
}

function isStep(step: unknown): step is number {
  return typeof step === 'number' && step >= 0;
}

function numberIn(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN;
}
