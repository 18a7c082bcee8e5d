// A TypeDoc plugin: keys of a configuration, which have no comments in the source, get the meaning that their schema states.
import { readFileSync } from 'node:fs';
import { Comment, Converter, ReflectionKind } from 'typedoc';

const { properties } = JSON.parse(
  readFileSync(new URL('../docs/config.schema.json', import.meta.url), 'utf8'),
);
const keys = {
  ...properties,
  ...Object.assign({}, ...Object.values(properties).map((section) => section.properties)),
};

/** The files that declare keys. */
const declaresKeys = /\/src\/(runs\/settings\/configSchema|tensor\/optimizers\/\w+)\.ts$/;

/** Adds the comments, before TypeDoc checks that all symbols have one. */
export function load({ converter }) {
  converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    const [declaration] = context.getSymbolFromReflection(reflection)?.declarations ?? [];
    const { description } = keys[reflection.name] ?? {};
    if (
      reflection.kindOf(ReflectionKind.Property) &&
      !reflection.comment &&
      description !== undefined &&
      declaresKeys.test(declaration?.getSourceFile().fileName ?? '')
    ) {
      reflection.comment = new Comment([{ kind: 'text', text: description }]);
    }
  });
}
