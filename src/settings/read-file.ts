import { type Document, isMap, isNode, isScalar, LineCounter, type Pair, parseDocument, type YAMLMap } from 'yaml';
import type { core } from 'zod';
import type { GivenSettings, SettingsProblem, SourceReading, ValueOrigin } from './given.ts';
import { didYouMean } from './nearest.ts';
import { isSettingKey, type SettingKey, settingKeys, settingOf } from './setting-table.ts';
import { listenerList } from './value-schemas.ts';

const listenerKeys = Object.keys(listenerList.element.shape);
const fileKeys = settingKeys.filter((key) => !settingOf(key).notInFile);

/** `listeners[1].port` */
export const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );

/** Lines of the file, found by path. */
class Lines {
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #file: string;

  constructor(document: Document, lines: LineCounter, file: string) {
    this.#document = document;
    this.#lines = lines;
    this.#file = file;
  }

  /** The value's own line, or that of the nearest thing around it that is there; a key's line where only the key is. */
  origin(path: readonly PropertyKey[]): ValueOrigin {
    const line = this.#lineOf(path);
    return { from: 'file', file: this.#file, line, name: pathText(path) };
  }

  #lineOf(path: readonly PropertyKey[]): number {
    for (let length = path.length; length > 0; length--) {
      const around = length === 1 ? this.#document.contents : this.#document.getIn(path.slice(0, length - 1), true);
      const pair = isMap(around) ? pairOf(around, path[length - 1]) : undefined;
      const node = pair?.key ?? this.#document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return this.#lines.linePos(node.range[0]).line;
    }
    return 1;
  }
}

const keyText = (pair: Pair): string => String(isScalar(pair.key) ? pair.key.value : pair.key);

const pairOf = (map: YAMLMap, key: PropertyKey): Pair | undefined =>
  map.items.find((pair) => keyText(pair) === String(key));

/** Problems of one value; unknown keys inside it become one problem each. */
function* problemsOf(key: SettingKey, issues: readonly core.$ZodIssue[], lines: Lines): Generator<SettingsProblem> {
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') {
      yield { ...lines.origin([key, ...issue.path]), message: issue.message };
      continue;
    }
    for (const unknown of issue.keys) {
      const message = `is no key of a listener${didYouMean(unknown, listenerKeys)}`;
      yield { ...lines.origin([key, ...issue.path, unknown]), message };
    }
  }
}

function readPair(pair: Pair, document: Document, lines: Lines, given: Record<string, unknown>): SettingsProblem[] {
  const key = keyText(pair);
  if (!isSettingKey(key) || settingOf(key).notInFile) {
    return [{ ...lines.origin([key]), message: `is no setting${didYouMean(key, fileKeys)}` }];
  }
  const value = isNode(pair.value) ? pair.value.toJS(document, { maxAliasCount: 100 }) : pair.value;
  const judged = settingOf(key).schema.safeParse(value);
  if (!judged.success) return [...problemsOf(key, judged.error.issues, lines)];
  given[key] = { value: judged.data, at: (...path: readonly PropertyKey[]) => lines.origin([key, ...path]) };
  return [];
}

/** @param file its name as the person said it, for messages. */
export function readSettingsFile(text: string, file: string): SourceReading {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const whole = (message: string, line = 0): SettingsProblem => ({ from: 'file', file, line, name: '', message });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => whole(error.message, counter.linePos(error.pos[0]).line));
    return { given: {}, problems };
  }
  if (document.contents === null) return { given: {}, problems: [] };
  if (!isMap(document.contents)) return { given: {}, problems: [whole('must be settings, each as `key: value`', 1)] };
  return readMap(document.contents, document, new Lines(document, counter, file));
}

function readMap(map: YAMLMap, document: Document, lines: Lines): SourceReading {
  const given: Record<string, unknown> = Object.create(null);
  const problems: SettingsProblem[] = [];
  for (const pair of map.items) {
    try {
      problems.push(...readPair(pair, document, lines, given));
    } catch (error) {
      // Aliases that multiply or point nowhere are found only when the value is made.
      problems.push({ ...lines.origin([keyText(pair)]), message: (error as Error).message });
    }
  }
  return { given: given as GivenSettings, problems };
}
