// A run: facts, samples, doctor, model card, summary.
import { useEffect, useState } from 'preact/hooks';
import { unitNamed } from '../../../src/flows/models/unit.ts';
import { Notice } from '../../parts/Notice.tsx';
import { recentWords } from '../../parts/plot/curveSeries.ts';
import { SampleStrip } from '../../parts/SampleStrip.tsx';
import { type Block, parseBlocks } from './markdown.ts';
import { RunDoctor } from './RunDoctor.tsx';
import { describeState } from './runList.ts';
import { type FoundRun, runFileUrl, type WatchedRun } from './watch.ts';

/** The run. */
export function RunDetail({ run, watched }: { run: FoundRun; watched: WatchedRun | undefined }) {
  const samples = run.samples.map((file) => ({
    step: Number(/(?<!\d)(\d+)\.png$/.exec(file)![1]),
    url: runFileUrl(run.path, file),
  }));
  return (
    <article class="run" aria-label={run.path}>
      <h2>{run.path}</h2>
      {run.problem !== null ? (
        <Notice>{run.problem}</Notice>
      ) : (
        <>
          <dl class="run-facts">
            {runFacts(run, watched).map(([label, value]) => (
              <div key={label}>
                <dt>{label}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
          {watched?.isCut && <p class="control-note">Long logs: only the first 64 MiB are shown.</p>}
          {run.onlyLastMiB != null && (
            <p class="control-note">
              Long logs: mean speed and dropped steps cover only the last {run.onlyLastMiB} MiB.
            </p>
          )}
          <SampleStrip name={run.path} samples={samples} />
          {run.files.length > 0 && <RunDoctor run={run} />}
          {run.texts.includes('README.md') && <ModelCard path={run.path} when={run.when} />}
          {run.texts.includes('summary.json') && <RunSummary path={run.path} when={run.when} />}
        </>
      )}
    </article>
  );
}

function runFacts(run: FoundRun, watched: WatchedRun | undefined): (readonly [string, string])[] {
  const unit = unitNamed(run.unit ?? 'bits/dim');
  const bits = (value: number | null): string | null => (value === null ? null : unit.text(value, 3));
  const rate = (value: number | null | undefined): string | null =>
    value == null ? null : `${Math.round(value).toLocaleString('en')} images/s`;
  const facts: (readonly [string, string | null])[] = [
    ['Steps', run.step.toLocaleString('en')],
    ['State', describeState(run)],
    [`Training, ${recentWords(run.step)}`, bits(run.train)],
    ['Validation, averaged weights', bits(run.validation)],
    ['Test', bits(run.test)],
    ['Recent speed', rate(watched?.speed)],
    ['Mean speed', rate(run.imagesPerSecond)],
    ['Dropped steps', run.droppedSteps === 0 ? null : run.droppedSteps.toLocaleString('en')],
    ['Rollbacks', run.rollbacks === 0 ? null : run.rollbacks.toLocaleString('en')],
    ['Images', run.data],
    ['Preset', run.preset],
    ['Last changed', run.when === null ? null : whenText(run.when)],
  ];
  return facts.flatMap(([label, value]) => (value === null ? [] : [[label, value] as const]));
}

/** A time in the user's time zone: 26 Nov 2026, 21:03. */
function whenText(when: string): string {
  return new Date(when).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
}

/** The card; nothing if the run has none. */
function ModelCard({ path, when }: { path: string; when: string | null }) {
  const text = useText(path, 'README.md', when);
  if (text === undefined) {
    return null;
  }
  return (
    <details class="run-part">
      <summary>Model card</summary>
      <div class="card">
        {parseBlocks(text).map((block, index) => (
          // Blocks have no identity of their own.
          <Part key={index} block={block} />
        ))}
      </div>
    </details>
  );
}

function Part({ block }: { block: Block }) {
  switch (block.kind) {
    case 'heading':
      return <h3>{block.text}</h3>;
    case 'code':
      return <pre>{block.text}</pre>;
    case 'list':
      return (
        <ul>
          {block.items.map((item, index) => (
            <li key={index}>{item}</li>
          ))}
        </ul>
      );
    case 'table':
      return (
        <div class="card-table">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: makes it scrollable with the keyboard. */}
          <table tabIndex={0}>
            <tbody>
              {block.rows.map((row, index) => (
                <tr key={index}>
                  {row.map((cell, column) => (
                    <td key={column}>{cell}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    default:
      return <p>{block.text}</p>;
  }
}

/** The summary's numbers, strings and booleans. */
function RunSummary({ path, when }: { path: string; when: string | null }) {
  const entries = parseEntries(useText(path, 'summary.json', when));
  if (entries.length === 0) {
    return null;
  }
  return (
    <details class="run-part">
      <summary>Summary</summary>
      <dl class="run-facts">
        {entries.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function parseEntries(text: string | undefined): (readonly [string, string])[] {
  try {
    return Object.entries<unknown>(JSON.parse(text ?? '{}')).flatMap(([label, value]) => {
      if (typeof value === 'number') {
        return [[label, value.toLocaleString('en', { maximumFractionDigits: 4 })] as const];
      }
      return typeof value === 'string' || typeof value === 'boolean' ? [[label, String(value)] as const] : [];
    });
  } catch {
    // Damaged or being written; resuming the run replaces it.
    return [];
  }
}

/** The maximum length: training writes shorter texts. */
const MOST_BYTES = 2 ** 20;

/** The text of a run's file, read again when the run changes; undefined if there is none. */
function useText(path: string, file: string, when: string | null): string | undefined {
  const [text, setText] = useState<string>();
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    fetchText(runFileUrl(path, file), signal).then(
      (content) => setText(content),
      // The file may exist after the next change.
      () => signal.aborted || setText(undefined),
    );
    return () => controller.abort();
  }, [path, file, when]);
  return text;
}

async function fetchText(url: string, signal: AbortSignal): Promise<string | undefined> {
  const headers = { range: `bytes=0-${MOST_BYTES - 1}` };
  const response = await fetch(url, { headers, cache: 'no-store', signal });
  return response.ok ? response.text() : undefined;
}
