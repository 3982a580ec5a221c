import {
  Composer,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  Lexer,
  LineCounter,
  Parser,
  type YAMLError,
} from 'yaml';
import type { ParsedManifest } from './parse-manifest.ts';
import { unplain } from './plain-value.ts';

/** 4 MiB of ordinary manifests have up to 1.9 million; what has more would take seconds and gigabytes. */
const LEXEME_LIMIT = 2_500_000;
/** Anchors, aliases and tags: for each the library looks through those before, or keeps an error. */
const MARK_LIMIT = 10_000;
const DOCUMENT_LIMIT = 50_000;

/**
 * As kubectl reads manifests: YAML 1.1 (`yes` is true, merge keys), but no times, sets or bytes, and base 60 only as text.
 * Duplicate keys are looked for here, because the library compares each key with all others of its mapping.
 */
const options = {
  version: '1.1',
  stringKeys: true,
  uniqueKeys: false,
  logLevel: 'silent',
  customTags: (tags: readonly unknown[]) => (tags as readonly KnownTag[]).filter(isPlainTag),
} as const;

interface KnownTag {
  readonly tag: string;
  readonly format?: string;
}

const unplainTags: ReadonlySet<string> = new Set(
  ['binary', 'omap', 'pairs', 'set', 'timestamp'].map((name) => `tag:yaml.org,2002:${name}`),
);
const isPlainTag = (tag: KnownTag): boolean => !unplainTags.has(tag.tag) && tag.format !== 'TIME';

class Malformed extends Error {
  readonly at: number;
  constructor(problem: string, at: number) {
    super(problem);
    this.at = at;
  }
}

/** Several documents; the first thing wrong in any of them refuses the whole text. */
export function parseYaml(text: string): ParsedManifest {
  const lines = new LineCounter();
  try {
    return { kind: 'documents', documents: [...readDocuments(text, lines)] };
  } catch (error) {
    // Everything thrown here was caused by the text: the library throws by itself where nesting exhausts the stack.
    const { line, col } = lines.linePos(error instanceof Malformed ? error.at : 0);
    const problem = error instanceof Error ? error.message : String(error);
    return { kind: 'malformed', line: Math.max(1, line), column: Math.max(1, col), problem };
  }
}

function* readDocuments(text: string, lines: LineCounter): Generator<unknown> {
  const composer = new Composer(options as unknown as ConstructorParameters<typeof Composer>[0]);
  let count = 0;
  for (const document of composer.compose(readTokens(text, lines))) {
    if (++count > DOCUMENT_LIMIT) throw new Malformed('the file has too many documents', document.range[0]);
    const value = readDocument(document);
    if (value !== null) yield value;
  }
  refuseFirst(composer.streamInfo().errors);
}

/** `Parser.parse`, with limits. */
function* readTokens(text: string, lines: LineCounter): ReturnType<Parser['parse']> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  let count = 0;
  let marks = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme.startsWith('*') || lexeme.startsWith('&') || lexeme.startsWith('!')) marks++;
    if (++count > LEXEME_LIMIT || marks > MARK_LIMIT) {
      throw new Malformed('the file has too many parts to be a manifest', lines.lineStarts.at(-1) ?? 0);
    }
    yield* parser.next(lexeme);
  }
  yield* parser.end();
}

function readDocument(document: Document.Parsed): unknown {
  refuseFirst(document.errors);
  refuseDuplicateKeys(document);
  const at = document.contents?.range[0] ?? 0;
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new Malformed(error instanceof Error ? error.message : String(error), at);
  }
  const problem = unplain(value);
  if (problem !== undefined) throw new Malformed(problem, at);
  return value;
}

function refuseFirst(errors: readonly YAMLError[]): void {
  const first = errors[0];
  if (first === undefined) return;
  throw new Malformed(first.code === 'NON_STRING_KEY' ? 'all keys must be texts' : first.message, first.pos[0]);
}

function refuseDuplicateKeys(document: Document.Parsed): void {
  const nodes: unknown[] = [document.contents];
  while (nodes.length > 0) {
    const node = nodes.pop();
    if (isAlias(node) || !isCollection(node)) continue;
    const keys = new Set<unknown>();
    for (const item of node.items) {
      if (!isMap(node)) {
        nodes.push(item);
        continue;
      }
      const { key, value } = item as { key: unknown; value: unknown };
      nodes.push(value);
      if (!isScalar(key)) continue;
      if (key.value !== '<<' && keys.has(key.value)) {
        throw new Malformed(
          `the key "${String(key.value).slice(0, 100)}" stands twice in one mapping`,
          key.range?.[0] ?? 0,
        );
      }
      keys.add(key.value);
    }
  }
}
