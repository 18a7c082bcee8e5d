// Regular expressions take linear time on any text: files and names may be arbitrarily long.
import { createContext, Script } from 'node:vm';
import { expect, it } from 'vitest';
import { regularExpressionsIn, sourcesIn } from './testing/sources.ts';

/** Lengths of texts: 16 times as long takes linear time 16 times as long, quadratic time 256 times. */
const [SHORT, LONG] = [2 ** 11, 2 ** 15];
const MOST_GROWTH = 64;
/** Shorter times are noise; in milliseconds. */
const LEAST_TIME = 1;
/** Ends what grows even faster, in milliseconds. */
const TIMEOUT = 60_000;

/** A short text that follows an expression, without its repetitions and all but the first of its alternatives. */
function sampleMatch(pattern: string): string {
  const classes: Readonly<Record<string, string>> = {
    s: ' ',
    S: 'a',
    d: '1',
    D: 'a',
    w: 'a',
    W: ' ',
    n: '\n',
    p: 'a',
  };
  let sample = '';
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index]!;
    if (character === '\\') {
      index++;
      const escaped = pattern[index]!;
      sample += escaped === 'b' || escaped === 'B' ? '' : (classes[escaped] ?? escaped);
      if (pattern.startsWith('{', index + 1) && 'pux'.includes(escaped)) {
        index = pattern.indexOf('}', index);
      }
    } else if (character === '[') {
      const isNegated = pattern[index + 1] === '^';
      const end = pattern.slice(index).search(/[^\\]\]/) + index + 1;
      sample += isNegated ? 'a' : sampleMatch(pattern.slice(index + 1, end)).slice(0, 1);
      index = end;
    } else if (character === '{') {
      index = pattern.indexOf('}', index);
    } else if (character === '(' && pattern[index + 1] === '?') {
      index = pattern.slice(index).search(/[:=!>]/) + index;
    } else if (!'()^$|*+?'.includes(character)) {
      sample += character === '.' ? 'a' : character;
    }
  }
  return sample;
}

/** The characters that a pattern excludes in classes such as `[^/]`. */
function excludedIn(pattern: string): string[] {
  return [...pattern.matchAll(/\[\^(\\?.)/gs)].map(([, character]) => sampleMatch(character!));
}

/** Makes a text of about this length. */
type TextOf = (length: number) => string;

/** Texts that repeat parts of a sample, after its start, and end in something else. */
function textsFor(pattern: string): TextOf[] {
  const sample = sampleMatch(pattern);
  const repeated = new Map<string, TextOf>();
  const add = (start: string, part: string): void => {
    for (const end of ['\u0001', ...excludedIn(pattern)]) {
      repeated.set(`${start}\0${part}\0${end}`, (length) => start + part.repeat(length / part.length) + end);
    }
  };
  for (let start = 0; start < sample.length; start++) {
    for (const size of [1, 2, 3, sample.length]) {
      add('', sample.slice(start, start + size));
      add(sample.slice(0, start), sample.slice(start, start + size));
    }
  }
  for (const part of [' ', '1', 'a', '/', '.', '\n']) {
    add('', part);
  }
  return [...repeated.values()];
}

const context = createContext({});

/** Files that only read the sources and documents of this repository. */
const ofOwnTexts = ['excerpts.ts', 'glossary.ts'];

/** The milliseconds to search a text. */
function measureSearch(search: Script, text: string): number {
  Object.assign(context, { text });
  const start = performance.now();
  search.runInContext(context, { timeout: TIMEOUT });
  return performance.now() - start;
}

/** Whether a long text takes much longer than a short one, in each of several tries: other work may disturb one. */
function isSlow(search: Script, textOf: TextOf): boolean {
  for (let attempt = 0; attempt < 3; attempt++) {
    const limit = MOST_GROWTH * LEAST_TIME;
    const time = measureSearch(search, textOf(LONG));
    const shortTime = Math.min(...Array.from({ length: 3 }, () => measureSearch(search, textOf(SHORT))));
    if (time < limit || time < MOST_GROWTH * shortTime) {
      return false;
    }
  }
  return true;
}

/** A text on which an expression takes more than linear time, in words; none if there is none. */
function slowText(expression: string): string[] {
  const search = new Script(`text.replace(${expression}, '')`);
  const textOf = textsFor(expression.slice(1, expression.lastIndexOf('/'))).find((text) =>
    isSlow(search, text),
  );
  return textOf ? [`${expression} on ${JSON.stringify(`${textOf(40)}`)}`] : [];
}

it.each(['src', 'studio'])('all in %s', (folder) => {
  const expressions = [...sourcesIn(folder)]
    .filter(([file]) => !/^testing\/|\.test\.tsx?$/.test(file) && !ofOwnTexts.includes(file))
    .flatMap(([file, source]) => regularExpressionsIn(file, source));
  expect(expressions.length).toBeGreaterThan(10);
  expect([...new Set(expressions)].flatMap(slowText)).toEqual([]);
});
