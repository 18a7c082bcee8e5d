// Reads a room's settings from an address, which users may edit or damage.
import type { Settings } from './address.ts';
import { numberIn, wholeIn } from './numbers.ts';

/** Reads settings by name. Empty and missing ones get their defaults, and so do those that can't be read. */
export interface SettingsReader {
  /** The settings that can't be read, as in the address: `seed=x`. */
  readonly unreadable: string[];
  /**
   * The settings in the address that were not read, such as a misspelt `sed=3`.
   *
   * @param others names that the room reads elsewhere
   */
  unknown(...others: readonly string[]): string[];
  /** A setting that `parse` reads; it returns undefined for text that it can't read. */
  read<Value, Usual>(name: string, parse: (text: string) => Value | undefined, usual: Usual): Value | Usual;
  number(name: string, least: number, greatest: number, usual: number): number;
  whole(name: string, least: number, greatest: number, usual: number): number;
  /** One of some words; the first is the default. */
  choice<Word extends string>(name: string, words: readonly Word[]): Word;
}

/** Starts reading an address. */
export function readSettings(address: Settings): SettingsReader {
  const unreadable: string[] = [];
  const names = new Set(['model']);
  const shown = (name: string, text: string): string =>
    `${name}=${text.length > 40 ? `${text.slice(0, 40)}…` : text}`;
  const read: SettingsReader['read'] = (name, parse, usual) => {
    names.add(name);
    const text = address[name] ?? '';
    const value = text === '' ? usual : parse(text);
    if (value === undefined && text !== '') {
      unreadable.push(shown(name, text));
    }
    return value ?? usual;
  };
  return {
    unreadable,
    unknown: (...others) =>
      Object.entries(address)
        .filter(([name, text]) => text !== '' && !names.has(name) && !others.includes(name))
        .map(([name, text]) => shown(name.slice(0, 40), text)),
    read,
    number: (name, least, greatest, usual) => read(name, (text) => numberIn(text, least, greatest), usual),
    whole: (name, least, greatest, usual) => read(name, (text) => wholeIn(text, least, greatest), usual),
    choice: (name, words) => read(name, (text) => words.find((word) => word === text), words[0]!),
  };
}
