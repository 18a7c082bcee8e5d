// Configurations as YAML. Apart from their validation: a page that uses a model reads no YAML.
import { CST, Lexer, LineCounter, parseDocument, stringify } from 'yaml';
import { UserError } from '../../core/errors.ts';
import { check } from './config.ts';
import { type Config, configSchema, SCHEMA_FILE } from './configSchema.ts';

/**
 * A configuration as YAML, its keys in the schema's order; parsing it yields an equal configuration. The
 * first line points editors to the schema.
 *
 * @throws UserError (`unsupported`) if the text would be too long to be parsed
 */
export function stringifyConfig(config: Config): string {
  const yaml = stringify(check(configSchema, config), { lineWidth: 0 });
  const text = `# yaml-language-server: $schema=${SCHEMA_FILE}\n${yaml}`;
  if (text.length > LONGEST_TEXT) {
    throw new UserError(
      'unsupported',
      `the configuration is too long, ${text.length} characters of at most ${LONGEST_TEXT}: use images of fewer channels (it holds the mean and deviation of each), fewer conditions, or fewer or shorter names of classes`,
    );
  }
  return text;
}

/** The most characters of a configuration: YAML parsing can take quadratic time. */
const LONGEST_TEXT = 65_536;
/** The deepest nesting of lists and maps: the parser recurses. */
const DEEPEST = 32;
/** The widest indentation, for the same reason. */
const WIDEST_INDENT = 100;

/** Unsupported YAML: with it, a small text can define a huge or cyclic value, or another type. */
const refused: Readonly<Record<string, string>> = {
  alias: 'an alias (*name) is not supported: write the value out',
  anchor: 'an anchor (&name) is not supported: write the value out where it is needed',
  tag: 'a tag (!name) is not supported: remove it',
  'directive-line': 'a directive (%NAME) is not supported: remove it',
};

/** A problem in a YAML text, and its line. */
interface YamlProblem {
  readonly problem: string;
  readonly line: number;
}

/**
 * The value of a YAML text, or its first problem. Aliases, anchors, tags and directives are problems, and so are more
 * than 65,536 characters and deep nesting.
 */
export function parseYaml(text: string): { value: unknown } | YamlProblem {
  const outlined = problemInTokens(text);
  if (outlined !== undefined) {
    return outlined;
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error' });
  const [error] = document.errors;
  return error === undefined
    ? { value: document.toJS() }
    : { problem: `not valid YAML: ${error.message}`, line: lineCounter.linePos(error.pos[0]).line };
}

/** The first problem that is visible before parsing. */
function problemInTokens(text: string): YamlProblem | undefined {
  if (text.length > LONGEST_TEXT) {
    return { problem: `too long: ${text.length} characters (limit ${LONGEST_TEXT})`, line: 1 };
  }
  let [line, open, inLine, isLineStart] = [1, 0, 0, true];
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token);
    if (type !== null && refused[type] !== undefined) {
      return { problem: refused[type], line };
    }
    // Each level of a block is indented by a column or more.
    if (type === 'space' && isLineStart && token.length > WIDEST_INDENT) {
      return { problem: `indented by more than ${WIDEST_INDENT} columns`, line };
    }
    // A list in a list can begin on the same line, - - 1, and so can maps with ? and lists in brackets.
    inLine += type === 'seq-item-ind' || type === 'explicit-key-ind' ? 1 : 0;
    open += type === 'flow-seq-start' || type === 'flow-map-start' ? 1 : 0;
    open -= type === 'flow-seq-end' || type === 'flow-map-end' ? 1 : 0;
    if (open + inLine > DEEPEST) {
      return { problem: `nested deeper than ${DEEPEST} levels`, line };
    }
    if (token.includes('\n')) {
      line += token.split('\n').length - 1;
      inLine = 0;
    }
    isLineStart = type === 'newline';
  }
  return undefined;
}
