import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fixture } from '../fixtures/formula.ts';
import { isPickledArray, readPickle } from './pickle.ts';

/** A pickle of protocol 2 with these instructions. */
const read = (...instructions: (string | number)[]) => {
  const codes = instructions.map((part) => (typeof part === 'number' ? String.fromCharCode(part) : part));
  return readPickle(Buffer.from(`\x80\x02${codes.join('')}`, 'latin1'), 'a.pickle');
};

describe('readPickle', () => {
  it.each([2, 3, 4, 5])("reads a dictionary with NumPy's array, protocol %i", (protocol) => {
    const value = readPickle(readFileSync(fixture(`protocol${protocol}.pickle`)), 'a.pickle');
    const data = value instanceof Map ? value.get('data') : undefined;
    expect(isPickledArray(data)).toBe(true);
    expect(data).toMatchObject({ type: '|u1' });
  });

  it('executes the instructions of plain data', () => {
    expect(read('N.')).toBeNull();
    expect(read('K', 7, '.')).toBe(7);
    expect(read('M', 1, 2, '.')).toBe(513);
    expect(read('J', 0xfe, 0xff, 0xff, 0xff, '.')).toBe(-2);
    expect(read(0x8a, 2, 0, 0xff, '.')).toBe(-256);
    expect(read('(K', 1, 'K', 2, 't.')).toEqual([1, 2]);
    expect(read(']q', 5, '(K', 1, 'h', 5, 'e.')).toEqual([1, expect.any(Array)]);
    // {b'data': 'x'}, with a Python 2 string as the key.
    expect(read('}U', 4, 'dataX', 1, 0, 0, 0, 'xs.')).toEqual(new Map([['data', 'x']]));
  });

  it.each([
    [
      'a function that does not create an array',
      ['cos\nsystem\n(X', 2, 0, 0, 0, 'lstR.'],
      'it calls os system',
    ],
    ['an instruction that creates objects', ['(ios\nsystem\n.'], 'unsupported instruction "i"'],
    ['an empty memo', ['h', 3, '.'], 'memo 3 is empty'],
    ['an empty stack', ['.'], 'the stack is empty'],
    ['a list without a mark', ['K', 1, 't.'], 'no mark'],
    ['no end', ['K', 1], 'it ends after'],
    ['keys in a list', [']K', 1, 'K', 2, 's.'], 'other than a dictionary'],
  ])('rejects %s', (_, instructions, message) => {
    expect(() => read(...instructions)).toThrow(message);
    expect(() => read(...instructions)).toThrow(/^a.pickle: not a pickle of plain arrays: /);
  });
});
