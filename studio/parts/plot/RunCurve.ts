// A run's learning curve, built line by line as its logs grow.

import { bitsIn } from '../../../src/flows/models/unit.ts';
import { type CurvePoint, finiteMean, RECENT, recentCount } from '../../../src/training/reports/curvePlot.ts';

/** A dropped step or a rollback. */
export interface CurveMark {
  readonly step: number;
  readonly text: string;
  readonly kind: 'dropped' | 'rollback';
}

/** A run's measurements, in bits/dim whatever their unit. If a log returns to an earlier step, as after a resume, later steps are replaced. */
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

  /** The total training time. */
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

  /** Adds a line of `metrics.jsonl`, or skips an invalid one. */
  addMetrics(line: unknown): void {
    const fields = objectFields(line);
    const { step, dropped, backToStep, reason } = fields;
    const [bitsPerDim, validationBitsPerDim] = ['bitsPerDim', 'validationBitsPerDim'].map((name) =>
      bitsIn(fields, name),
    );
    if (!isStep(step)) {
      return;
    }
    if (validationBitsPerDim !== undefined) {
      this.validation.push({ step, bitsPerDim: numberIn(validationBitsPerDim) });
    } else if (backToStep !== undefined) {
      const text = `step ${step}: rolled back to step ${backToStep} (${reason})`;
      this.marks.push({ step, kind: 'rollback', text });
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
    const { step, seconds, imagesPerSecond } = objectFields(line);
    if (isStep(step) && typeof seconds === 'number' && seconds >= 0) {
      cut(this.times, step);
      this.times.push({ step, seconds: this.seconds + seconds, rate: numberIn(imagesPerSecond) });
    }
  }

  /** The training time in seconds up to a step, or to the last earlier step with a known time. */
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

  /** The mean bits/dim of the last tenth of the batches, 50 at most. NaN without any. */
  recent(): number {
    return finiteMean(this.training.slice(-recentCount(this.training.length)));
  }

  /** Seconds until a step, at the speed of the last steps; undefined if that is unknown. */
  secondsUntil(step: number): number | undefined {
    const [first, last] = [this.times.at(-RECENT) ?? this.times[0], this.times.at(-1)];
    return first && last && last.step > first.step
      ? ((step - last.step) * (last.seconds - first.seconds)) / (last.step - first.step)
      : undefined;
  }

  private forgetFrom(step: number): void {
    for (const list of [this.training, this.validation, this.marks]) {
      cut(list, step);
    }
  }
}

/** Parses a log's lines; skips invalid ones, such as one cut off by a crash. */
export function parseLines(log: string): unknown[] {
  return log.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line)];
    } catch {
      // Incomplete or damaged.
      return [];
    }
  });
}

/** Removes this step and later ones from a list sorted by step. */
function cut(list: { readonly step: number }[], step: number): void {
  while (list.length > 0 && list.at(-1)!.step >= step) {
    list.pop();
  }
}

function objectFields(line: unknown): Readonly<Record<string, unknown>> {
  return typeof line === 'object' && line !== null ? { ...line } : {};
}

function isStep(step: unknown): step is number {
  return typeof step === 'number' && step >= 0;
}

function numberIn(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN;
}
