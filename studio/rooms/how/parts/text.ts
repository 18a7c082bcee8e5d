// Numbers as text.

/** A whole number with thousands separators. */
export function counted(number: number): string {
  return number.toLocaleString('en');
}

/** A number with fixed decimals and a true minus sign. */
export function decimal(number: number, digits = 2): string {
  const text = Math.abs(number).toFixed(digits);
  return number < 0 && Number(text) !== 0 ? `−${text}` : text;
}
