/** Choices that a case makes, read one by one from drawn numbers; when they run out, the first choice. */
export class Choices {
  readonly #numbers: readonly number[];
  #next = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** A whole number from 0 to `count` − 1. */
  below(count: number): number {
    const number = this.#numbers[this.#next++] ?? 0;
    return number % count;
  }

  /** The two items, or the two the other way round. */
  flip<Item>([a, b]: readonly [Item, Item]): [Item, Item] {
    return this.below(2) === 1 ? [b, a] : [a, b];
  }

  /** The numbers from 0 to `length` − 1 in some order. */
  permutation(length: number): number[] {
    const rest = Array.from({ length }, (_, index) => index);
    return Array.from({ length }, () => rest.splice(this.below(rest.length), 1)[0]!);
  }
}
