import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseManifest } from '../../../../../src/control/sources/folder/parse-manifest.ts';

const documentsOf = (text: string, name = 'a.yaml'): readonly unknown[] => {
  const parsed = parseManifest(name, text);
  if (parsed.kind === 'malformed') throw new Error(`${parsed.line}:${parsed.column} ${parsed.problem}`);
  return parsed.documents;
};

describe('YAML', () => {
  test('has several documents in one file, and empty ones are none', () => {
    expect(documentsOf('---\n---\na: 1\n---\n# nothing\n---\nb: 2\n...\n')).toEqual([{ a: 1 }, { b: 2 }]);
    expect(documentsOf('')).toEqual([]);
    expect(documentsOf('# only this\n')).toEqual([]);
  });

  test('is read as kubectl reads it: version 1.1, without times, base 60, bytes and sets', () => {
    const text = 'yes: yes\noctal: 0777\nday: 2026-01-02\nbase60: 1:30\nbytes: !!binary aGk=\nset: !!set {x}\n1: 2\n';
    expect(documentsOf(text)).toEqual([
      { yes: true, octal: 511, day: '2026-01-02', base60: '1:30', bytes: 'aGk=', set: { x: null }, 1: 2 },
    ]);
  });

  test('may use anchors, aliases and merge keys', () => {
    const text = 'a: &a {b: 1}\nc: *a\nd:\n  <<: *a\n  e: 2\nf:\n  <<: {x: 1}\n  <<: {y: 2}\n';
    expect(documentsOf(text)).toEqual([{ a: { b: 1 }, c: { b: 1 }, d: { b: 1, e: 2 }, f: { x: 1, y: 2 } }]);
  });

  test('keeps hostile keys as data', () => {
    const [document] = documentsOf('__proto__: {x: 1}\nconstructor: 2\n') as [object];
    expect(Object.keys(document)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(document)).toBe(Object.prototype);
  });

  test('reads CR LF and a byte order mark', () => {
    expect(documentsOf('\ufeffa: 1\r\nb: 2\r\n')).toEqual([{ a: 1, b: 2 }]);
  });
});

describe('text that is malformed', () => {
  test.each([
    ['an open list', 'a: 1\nb: [1\nc: 2\n', 3, 1, /end with a \]/],
    ['a duplicate key', 'a: 1\nb:\n  c: 1\n  c: 2\n', 4, 3, /the key "c" stands twice/],
    ['a key without value', 'a: 1\nb\n', 2, 1, /map values/],
    ['a tab', 'a:\n\tb: 1\n', 2, 1, /[Tt]abs/],
    ['an unknown alias', 'a: *b\n', 1, 1, /alias/],
    ['an alias that contains itself', 'a: &a\n  b: *a\n', 1, 1, /contains itself/],
    ['a key that is no text', '? [1, 2]\n: 3\n', 1, 3, /keys must be texts/],
    ['a number that JSON does not have', 'a: .nan\n', 1, 1, /NaN/],
    ['a second document', 'a: 1\n---\nb: {\n', 4, 1, /end with a }/],
  ])('with %s says line, column and why', (_what, text, line, column, why) => {
    const parsed = parseManifest('a.yaml', text);
    expect(parsed).toEqual({ kind: 'malformed', line, column, problem: expect.stringMatching(why) });
  });

  test('refuses the file whichever document it is in', () => {
    expect(parseManifest('a.yaml', 'a: 1\n---\nb: [\n---\nc: 1\n').kind).toBe('malformed');
  });
});

describe('JSON', () => {
  test('is one value', () => {
    const text = '{"a": {"b": ":\\"x\\":"},\t"c" : [{"__proto__": 1}, "d"]}\n';
    expect(documentsOf(text, 'a.json')).toEqual([JSON.parse(text)]);
    expect(documentsOf('null', 'a.json')).toEqual([]);
  });

  test('may have several values, as YAML separates them', () => {
    expect(documentsOf('{"a": 1}\n---\n{"b": 2}\n', 'a.json')).toEqual([{ a: 1 }, { b: 2 }]);
  });

  test('with a duplicate key is refused', () => {
    expect(parseManifest('a.json', '{"a": 1,\n "b": {"c": 1, "c": 2}}')).toMatchObject({ line: 2, column: 16 });
  });

  test('that is half written is refused', () => {
    expect(parseManifest('a.json', '{"a": 1,\n"b": ')).toMatchObject({ kind: 'malformed', line: 2 });
  });

  test('any value that JSON can say is read as JSON says it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.nat(4), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const plain: unknown = JSON.parse(text);
        expect(documentsOf(text, 'a.json')).toEqual(plain === null ? [] : [plain]);
      }),
    );
  });
});

describe('hostile text', () => {
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]']
    .concat([...'bcdefghi'].map((name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[index]}`)}]`))
    .join('\n');

  test.each([
    ['an alias bomb', bomb],
    ['a large part used many times', `a: &a [${'x,'.repeat(30_000)}x]\nb: [${Array(90).fill('*a')}]`],
    ['many aliases', `a: &a []\nb: [${'*a,'.repeat(100_000)}]`],
    ['many tags', `a: ${'!a '.repeat(100_000)}`],
    ['deep lists', '['.repeat(100_000)],
    ['deep blocks', '- '.repeat(100_000)],
    ['many documents', '---\n'.repeat(100_000)],
  ])('%s is refused in little time', (_what, text) => {
    const start = performance.now();
    expect(parseManifest('a.yaml', text).kind).toBe('malformed');
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  test('a mapping of 50,000 keys is read in linear time', () => {
    const text = Array.from({ length: 50_000 }, (_, index) => `k${index}: 1\n`).join('');
    const start = performance.now();
    expect(Object.keys(documentsOf(text)[0] as object)).toHaveLength(50_000);
    // Comparing all pairs of keys takes 15 s where this takes half a second.
    expect(performance.now() - start).toBeLessThan(8_000);
  });

  test('deep JSON is refused', () => {
    expect(parseManifest('a.json', '['.repeat(100_000) + ']'.repeat(100_000)).kind).toBe('malformed');
  });

  test('any text is read or refused, never thrown at us', () => {
    const piece = fc.constantFrom(
      'a',
      ':',
      ' ',
      '\n',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '"',
      "'",
      '&a',
      '*a',
      '!',
      '|',
      '#',
      '---',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.constantFrom('a.yaml', 'a.json'), (pieces, name) => {
        expect(['documents', 'malformed']).toContain(parseManifest(name, pieces.join('')).kind);
      }),
      { numRuns: 500 },
    );
  });
});
