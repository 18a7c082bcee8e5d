// A TypeDoc plugin: documents the types that no entry point exports, such as those of options and results, in a module whose
// symbols have them.
import { Comment, CommentTag, Context, Converter, ReflectionKind } from 'typedoc';
import ts from 'typescript';

/** Where a module lists them. */
const group = [{ kind: 'text', text: 'Types of arguments and results, not exported' }];

/** Collects what symbols refer to, and converts what is missing before TypeDoc resolves references. */
export function load({ converter, options }) {
  /** What refers to each type. */
  const scopes = new Map();
  const createReference = Context.prototype.createSymbolReference;
  Context.prototype.createSymbolReference = function (symbol, context, name) {
    if (isOurType(symbol)) {
      scopes.set(symbol, [...(scopes.get(symbol) ?? []), context.scope]);
    }
    return createReference.call(this, symbol, context, name);
  };
  const convertMissing = (context) => {
    const omitted = new Set(options.getValue('intentionallyNotExported').map((path) => path.split(':')[1]));
    const missing = [...scopes].flatMap(([symbol, references]) => {
      const scope = references.find(isDocumented);
      const isMissing = scope && !omitted.has(symbol.name) && !context.getReflectionFromSymbol(symbol);
      return isMissing ? [[symbol, ancestors(scope).find((each) => each.kindOf(ReflectionKind.Module))]] : [];
    });
    for (const [symbol, module] of missing) {
      converter.convertSymbol(context.withScope(module), symbol);
      const reflection = context.getReflectionFromSymbol(symbol);
      reflection.comment ??= new Comment();
      reflection.comment.blockTags.push(new CommentTag('@group', group));
    }
    // They may refer to others.
    return missing.length > 0 && convertMissing(context);
  };
  converter.on(
    Converter.EVENT_RESOLVE_BEGIN,
    (context) => {
      context.setActiveProgram(context.programs[0]);
      convertMissing(context);
      context.setActiveProgram(undefined);
    },
    // Before TypeDoc's own.
    1_000_000,
  );
}

function isOurType({ flags, declarations = [] }) {
  const types = ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias | ts.SymbolFlags.Class;
  return (flags & types) !== 0 && declarations.every((node) => !node.getSourceFile().isDeclarationFile);
}

function ancestors(reflection) {
  return reflection.parent ? [reflection, ...ancestors(reflection.parent)] : [reflection];
}

function isDocumented(reflection) {
  return ancestors(reflection).every(
    ({ flags, comment }) => !flags.isPrivate && !flags.isProtected && !comment?.hasModifier('@internal'),
  );
}
