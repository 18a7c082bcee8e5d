// Parts with any options, as their schemas describe them.
import fc from 'fast-check';
import * as z from 'zod/mini';
import type { PartDefinition, PartRegistry, PartSettings } from '../../core/parts/index.ts';

/** Values of options: mostly small, some at their limits, few beyond. */
function optionValues(schema: z.ZodMiniType): fc.Arbitrary<unknown> {
  const described = z.toJSONSchema(schema as never, { unrepresentable: 'any', io: 'input' }) as {
    type?: string;
    enum?: unknown[];
    minimum?: number;
    maximum?: number;
    exclusiveMinimum?: number;
    exclusiveMaximum?: number;
  };
  const least = described.minimum ?? described.exclusiveMinimum ?? 0;
  const most = described.maximum ?? described.exclusiveMaximum ?? Number.MAX_SAFE_INTEGER;
  if (described.enum) {
    return fc.constantFrom(...described.enum);
  }
  const isInteger = described.type === 'integer';
  const values = isInteger
    ? Array.from({ length: 7 }, (_, index) => least + index)
    : [0, 0.1, 0.3, 0.5, 0.7, 0.9, 1].map((share) => least + share * (Math.min(most, 8) - least));
  return fc.oneof(
    { weight: 50, arbitrary: fc.constantFrom(...values.filter((value) => schema.safeParse(value).success)) },
    { weight: 1, arbitrary: fc.constantFrom(least - 1, most + 1, ...(isInteger ? [least + 0.5] : [])) },
  );
}

/** A part of a registry with some of its options. */
export function parts(registry: PartRegistry<PartDefinition>): fc.Arbitrary<PartSettings> {
  return fc.oneof(
    ...registry.library.map(({ name, options }) =>
      fc
        .record(
          Object.fromEntries(Object.entries(options).map(([key, schema]) => [key, optionValues(schema)])),
          // Networks of the default width would take seconds.
          { requiredKeys: Object.keys(options).filter((key) => /width|hiddenChannels/.test(key)) },
        )
        .map((values) => ({ name, ...values })),
    ),
  );
}
