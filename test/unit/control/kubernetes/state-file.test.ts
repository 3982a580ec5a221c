import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StartupError } from '../../../../src/base/startup-error.ts';
import { StateFile, type StateSubject } from '../../../../src/control/sources/kubernetes/state-file.ts';

const subject: StateSubject = {
  ...{ version: '1.0.0', server: 'https://a.test', namespaces: [], namespaceSelector: null, labelSelector: null },
};
const content = {
  writtenAtMs: 1_700_000_000_000,
  lines: ['{"a":1}', '{"b":"\u2028 line\u2029 ends"}', `{"c":"${'x'.repeat(600_000)}"}`],
};

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'komainu-state-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what is written is read again, of no objects too', async () => {
  const file = new StateFile(folder, subject);
  expect(await file.read()).toBeUndefined();
  for (const written of [content, { writtenAtMs: 5, lines: [] }]) {
    expect(await file.write(written)).toBe(readFileSync(file.path).length);
    expect(await file.read()).toEqual(written);
  }
  expect(readdirSync(folder)).toHaveLength(1);
});

const spoil: Readonly<Record<string, (file: string) => void>> = {
  'cut short': (file) => writeFileSync(file, readFileSync(file).subarray(0, -90)),
  'without its last line end, and one more line': (file) => appendFileSync(file, '{"a":1}\n'),
  'with one letter changed': (file) => writeFileSync(file, readFileSync(file, 'utf8').replace('"a":1', '"a":2')),
  'with a later time': (file) => writeFileSync(file, readFileSync(file, 'utf8').replace('1700', '1800')),
  empty: (file) => writeFileSync(file, ''),
  'that is something else': (file) => writeFileSync(file, '{"a":1}\n[]\n'),
  'of bytes that are no text': (file) => writeFileSync(file, Buffer.from([0xff, 0xfe, 10, 0, 10, 10])),
  'of another format': (file) => writeFileSync(file, readFileSync(file, 'utf8').replace('"format":1', '"format":2')),
  'that others may read': (file) => chmodSync(file, 0o640),
  'that is a link': (file) => {
    writeFileSync(`${file}.target`, readFileSync(file), { mode: 0o600 });
    rmSync(file);
    symlinkSync(`${file}.target`, file);
  },
};

test.each(Object.keys(spoil))('a file %s does not count', async (name) => {
  const file = new StateFile(folder, subject);
  await file.write(content);
  spoil[name](file.path);
  await expect(file.read()).rejects.toThrow(/^its? /);
});

test.each([
  { version: '1.0.1' },
  { server: 'https://b.test' },
  { namespaces: ['shop'] },
  { namespaceSelector: 'a=b' },
  { labelSelector: 'a=b' },
])('a file of another subject does not count: %o', async (other) => {
  await new StateFile(folder, subject).write(content);
  await expect(new StateFile(folder, { ...subject, ...other }).read()).rejects.toThrow('another cluster');
});

test('a write that fails leaves the file that was there, and nothing else', async () => {
  const file = new StateFile(folder, subject);
  await file.write(content);
  const lines = new Proxy(['{}'], {
    get(target, key, receiver) {
      if (key === Symbol.iterator) throw new Error('the disk is full');
      return Reflect.get(target, key, receiver);
    },
  });
  await expect(file.write({ writtenAtMs: 1, lines })).rejects.toThrow('the disk is full');
  expect(await file.read()).toEqual(content);
  expect(readdirSync(folder)).toHaveLength(1);
});

test('the folder is made, and what cannot be one is refused in a sentence', async () => {
  await new StateFile(join(folder, 'a', 'b'), subject).check();
  expect(readdirSync(join(folder, 'a'))).toEqual(['b']);
  writeFileSync(join(folder, 'plain'), '');
  await expect(new StateFile(join(folder, 'plain'), subject).check()).rejects.toThrow(StartupError);
});
