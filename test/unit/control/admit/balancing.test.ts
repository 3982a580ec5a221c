import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readBalancing } from '../../../../src/control/sources/admit/balancing.ts';
import { balancingKinds, balancingText } from '../../../../src/model/backend-policy.ts';

const readme = readFileSync(join(import.meta.dirname, '..', '..', '..', '..', 'README.md'), 'utf8');

test('the README has a row for each way to spread requests, and each is accepted', () => {
  const [, table] = /\| `komainu\.dev\/load-balancing` \|.*\n.*\n((?:\|.*\n)+)/.exec(readme) ?? [];
  const written = [...(table ?? '').matchAll(/^\| `([^`]+)`/gm)].map((row) => row[1] as string);
  const kinds = written.map((text) => {
    const named = text.replace('NAME', 'x-a');
    const read = readBalancing(named, 'salt');
    if ('wrong' in read) return read.wrong;
    expect(balancingText(read)).toBe(named);
    return read.kind;
  });
  expect(kinds.toSorted()).toEqual([...balancingKinds].sort());
});

test.each(['', ' ', 'cookie', 'cookie a b', 'hash', 'hash header a b', 'hash client address', 'Random', '__proto__'])(
  '%j is no way to spread requests',
  (text) => {
    expect(readBalancing(text, 'salt')).toEqual({ wrong: expect.stringContaining('is no way to spread requests') });
  },
);

test('names may be 128 characters long', () => {
  expect(readBalancing(`hash header ${'a'.repeat(128)}`, '')).toMatchObject({ kind: 'hash-header' });
  for (const way of ['hash header', 'cookie']) {
    expect(readBalancing(`${way} ${'a'.repeat(129)}`, '')).toEqual({ wrong: expect.stringContaining('no') });
  }
});

test.each(['connection', 'TE', 'Forwarded', 'x-real-ip', 'X_Forwarded_For', 'x-forwarded-anything', 'proxy'])(
  'a line that proxies replace is nothing to go by: %s',
  (name) => {
    expect(readBalancing(`hash header ${name}`, '')).toEqual({ wrong: expect.stringContaining('proxies replace') });
  },
);
