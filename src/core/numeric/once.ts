// Values that are computed on first use.

/** Memoises `make`: its value is created on first use. */
export function once<Value>(make: () => Value): () => Value {
  let created: { value: Value } | undefined;
  return () => {
    created ??= { value: make() };
    return created.value;
  };
}
