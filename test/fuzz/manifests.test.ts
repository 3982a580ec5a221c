import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Dice } from '../../src/base/dice.ts';
import { Compiler } from '../../src/control/compile/compile.ts';
import { admit } from '../../src/control/sources/admit/admit.ts';
import { parseManifest } from '../../src/control/sources/folder/parse-manifest.ts';
import type { KubeObject } from '../../src/model/objects.ts';
import { type Refusal, refText } from '../../src/model/refusal.ts';
import { EndpointTable } from '../../src/table/endpoint-table.ts';
import { RouteTable } from '../../src/table/route-table.ts';
import { type Case, type Outcome, outcomeOf, readCase } from '../unit/control/translate/read-case.ts';
import { mutated, oneOf } from '../unit/data/http1/head-corpus.ts';
import { fuzz, someBase } from './fuzzing.ts';
import { woundedValue } from './wound-value.ts';

/**
 * An input: a line that names a case of `test/cases/translate`, then the text of one more file that comes to it. What
 * that file says may be anything; what the case yields must stay.
 */

const folder = join(import.meta.dirname, '..', 'cases', 'translate');
const newcomer = { file: 'zzz.yaml', folder: true };
const READ_LIMIT_MS = 2000;

interface Neighbours {
  readonly given: Case;
  readonly outcome: Outcome;
}

/** Cases without settings: a default backend of the settings yields to one of an Ingress, and rightly so. */
const neighbours = new Map<string, Neighbours>();
const documents: unknown[] = [];

for (const name of readdirSync(folder)) {
  const text = readFileSync(join(folder, name, 'input.yaml'), 'utf8');
  const given = readCase(text);
  if (!text.includes('options:')) neighbours.set(name, { given, outcome: outcomeOf(given) });
  const parsed = parseManifest('input.yaml', text);
  if (parsed.kind === 'documents') documents.push(...parsed.documents);
}

const names = [...neighbours.keys()];

// ── Inputs ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const yamlSplinters = [
  '---\n',
  '...\n',
  '- ',
  ': ',
  '  ',
  '\t',
  '&a ',
  '*a',
  '!!binary ',
  '!!set ',
  '<<: *a\n',
  '|\n',
  '>-\n',
  '? ',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '#',
  '%YAML 1.1\n',
  '\ufeff',
  '\r',
  '~',
  '.inf',
  '0x1F',
  '1:30',
  'yes',
  '2020-01-01',
  '__proto__: ',
  '\0',
  '\u2028',
];

const woundedText = (dice: Dice, text: string) => {
  const at = dice.below(text.length + 1);
  return text.slice(0, at) + oneOf(dice, yamlSplinters) + text.slice(at + dice.below(4));
};

/** Documents as one text, in JSON or YAML. */
const textOf = (dice: Dice, all: readonly unknown[]) =>
  all.length === 1 && dice.below(2) === 0 ? JSON.stringify(all[0]) : all.map((one) => stringify(one)).join('---\n');

function newFile(dice: Dice): string {
  const all = Array.from({ length: 1 + (dice.below(4) === 0 ? 1 : 0) }, () => oneOf(dice, documents));
  const some = dice.below(8) === 0 ? all : all.map((one) => woundedValue(dice, one, oneOf(dice, documents)));
  return textOf(dice, dice.below(10) === 0 ? [{ apiVersion: 'v1', kind: 'List', items: some }] : some);
}

const wholeInput = (dice: Dice) => `${oneOf(dice, names)}\n${newFile(dice)}`;

// ── Judgement ────────────────────────────────────────────────────────────────────────────────────────────────────────

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The youngest there can be, and in a namespace of its own: nothing of it has a right to change anything else. */
function relocated(document: unknown): unknown {
  if (!isMap(document)) return document;
  const items = Array.isArray(document.items) ? { items: document.items.map(relocated) } : {};
  if (!isMap(document.metadata)) return { ...document, ...items };
  const { creationTimestamp: _, ...metadata } = document.metadata;
  return { ...document, ...items, metadata: { ...metadata, namespace: 'zzz' } };
}

/** Control bytes of a stranger's file must not reach a terminal or split a line of a log. */
const control = /[\p{Cc}\p{Zl}\p{Zp}]/u;

function judgeRefusals(refusals: readonly Refusal[]): void {
  for (const { field, message, object } of refusals) {
    assert.ok(!control.test(message + field), `is printable: ${JSON.stringify(message + field)}`);
    assert.ok(message.length > 0 && message.length < 1000 && field.length < 1000, 'is short');
    assert.ok(object === null || refText(object).length < 600);
  }
}

function parsedOf(text: string): readonly unknown[] {
  const parsed = parseManifest(text.startsWith('{') ? 'zzz.json' : 'zzz.yaml', text);
  if (parsed.kind === 'documents') return parsed.documents;
  const lines = text.split(/\r\n|\r|\n/).length;
  assert.ok(parsed.line >= 1 && parsed.line <= lines && parsed.column >= 1 && parsed.problem !== '', 'says where');
  return [];
}

/** Everything of `before` is in `after` as it was. */
function stays<T>(before: readonly T[], after: readonly T[], textOf: (one: T) => string, what: string): void {
  const there = new Set(after.map(textOf));
  for (const one of before) assert.ok(there.has(textOf(one)), `${what} stays: ${textOf(one)}`);
}

const newBuffer = (byteLength: number) => new SharedArrayBuffer(byteLength);

/** What was translated can be written and read. */
function compiles({ rules, backends }: Outcome, dice: Dice): void {
  const compiler = new Compiler({ below: dice.below, seed: () => dice.below(2 ** 31) });
  const change = { routes: { rules }, backends: { backends } };
  const { routes, endpoints } = compiler.compile(change, 1, { routes: newBuffer, endpoints: newBuffer });
  assert.equal(new RouteTable(routes!).ruleCount, rules.length);
  const table = new EndpointTable(endpoints!);
  const written = Array.from({ length: table.idLimit }, (_, id) => table.keyOf(id)).filter((key) => key !== '');
  assert.deepEqual(written.sort(), backends.map(({ key }) => key).sort());
}

const propertyCount = () => Object.getOwnPropertyNames(Object.prototype).length;
const usualCount = propertyCount();

function judge(input: string, dice: Dice): boolean {
  const lineEnd = input.indexOf('\n');
  const { given, outcome } = neighbours.get(input.slice(0, lineEnd)) ?? neighbours.get(names[0]!)!;
  const startedAt = process.cpuUsage().user;
  const moved = dice.below(8) > 0;
  const found = parsedOf(input.slice(lineEnd + 1));
  const admitted = (moved ? found.map(relocated) : found).map((one) => admit(one, newcomer));
  const objects: KubeObject[] = admitted.flatMap((one) => one.objects);
  const refusals = admitted.flatMap((one) => one.refusals);
  const together: Case = {
    ...given,
    objects: [...given.objects, ...objects],
    refusals: [...given.refusals, ...refusals],
  };
  const after = outcomeOf(together);
  judgeRefusals(after.refusals);
  compiles(after, dice);
  assert.ok(process.cpuUsage().user - startedAt < READ_LIMIT_MS * 1000, 'is read in time');
  assert.equal(propertyCount(), usualCount, 'prototypes stay as they are');
  if (objects.length === 0) assert.deepEqual({ ...after, refusals: [] }, { ...outcome, refusals: [] });
  // A class belongs to the whole cluster.
  if (moved && !objects.some(({ kind }) => kind === 'IngressClass')) {
    stays(outcome.rules, after.rules, JSON.stringify, 'a rule');
    stays(outcome.backends, after.backends, JSON.stringify, 'a backend');
    stays(outcome.refusals, after.refusals, JSON.stringify, 'a refusal');
  }
  return objects.length > 0;
}

fuzz('manifests', 'no throw, what one file says harms only itself', {
  make: (dice, kept) => {
    const base = someBase(dice, kept, wholeInput);
    const kind = dice.below(4);
    if (kind > 1) return base;
    return kind === 0 ? woundedText(dice, base) : mutated(dice, base, wholeInput(dice));
  },
  judge,
  leastGood: 0.2,
});
