// The room Odd.
/** The room. */
export function Odd() {
  return null;
}
