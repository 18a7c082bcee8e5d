// Numbers as words of a sentence.

/** A whole number with thousands set apart. */
export function counted(number: number): string {
  return number.toLocaleString('en');
}

/** A number with fixed decimals and a true minus sign. */
export function decimal(number: number, digits = 2): string {
  const text = Math.abs(number).toFixed(digits);
  return number < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** A number of things, of one of which `noun` is the name. */
export function some(number: number, noun: string): string {
  return `${decimal(number, 0)} ${noun}${Math.abs(number) === 1 ? '' : 's'}`;
}
