import { appendFileSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../../../src/base/clock.ts';
import { StartupError } from '../../../../../src/base/startup-error.ts';
import { keyOf, ObjectStore } from '../../../../../src/control/object-store.ts';
import { RefusalLedger } from '../../../../../src/control/refusal-ledger.ts';
import { startFolderSource } from '../../../../../src/control/sources/folder/folder-source.ts';
import { KeptLog } from '../../../../support/kept-log.ts';
import { documents, ingress, service } from '../../../../support/manifests.ts';
import { waitUntil } from '../../../../support/wait-until.ts';
import { TempFolder } from './temp-folder.ts';

/** Longer than any test: what is seen was seen by the watch. */
const NEVER_MS = 3_600_000;

const start = async (folder: TempFolder, { dir = folder.path, pollMs = NEVER_MS } = {}) => {
  const store = new ObjectStore();
  const log = new KeptLog();
  const ledger = new RefusalLedger(log);
  let changes = 0;
  store.onChange(() => changes++);
  const source = await startFolderSource({
    ...{ dir, store, ledger, log, clock: systemClock },
    ...{ quietMs: 20, maxWaitMs: 200, pollMs },
  });
  onTestFinished(() => source.stop());
  /** `name@file port`, sorted. */
  const services = (): string[] =>
    [...store.list('Service')].map((it) => `${it.meta.name}@${it.origin.file} ${it.namedEndpoints?.[0]?.port}`).sort();
  const refusals = (): string[] => ledger.all().map(({ reason, file }) => `${reason}@${file}`);
  return {
    ...{ store, ledger, log, source, services, refusals },
    changes: () => changes,
    holds: (...expected: string[]) =>
      waitUntil(`the store holds ${expected}`, () => String(services()) === String(expected), { state: services }),
    refuses: (...expected: string[]) =>
      waitUntil(`refused is ${expected}`, () => String(refusals()) === String(expected), { state: refusals }),
  };
};

const text = (name: string, port = 3000): string => documents(service(name, [port]));

describe('the start', () => {
  test('has applied the whole folder, as one change, when it resolves', async () => {
    using folder = new TempFolder();
    folder.write('a.yaml', text('a'));
    folder.write('sub/b.yaml', text('b'));
    const { services, changes } = await start(folder);
    expect(services()).toEqual(['a@a.yaml 3000', 'b@sub/b.yaml 3000']);
    expect(changes()).toBe(1);
  });

  test('without the folder is a StartupError and leaves nothing running', async () => {
    using folder = new TempFolder();
    await expect(start(folder, { dir: folder.at('none') })).rejects.toThrow(StartupError);
  });

  test('takes files that appear while it reads', async () => {
    using folder = new TempFolder();
    for (let index = 0; index < 100; index++) folder.write(`f${index}.yaml`, text(`f${index}`));
    const starting = start(folder);
    folder.replace('late.yaml', text('late'));
    const { services } = await starting;
    await waitUntil('the late file is seen', () => services().length === 101);
  });
});

describe('one file', () => {
  test('written, replaced by renaming, moved, removed and written again is followed', async () => {
    using folder = new TempFolder();
    const { holds } = await start(folder);
    folder.write('a.yaml', text('a', 1));
    await holds('a@a.yaml 1');
    folder.replace('a.yaml', text('a', 2));
    await holds('a@a.yaml 2');
    folder.write('a.yaml', text('a', 3));
    await holds('a@a.yaml 3');
    folder.move('a.yaml', 'b.yaml');
    await holds('a@b.yaml 3');
    folder.remove('b.yaml');
    await holds();
    folder.write('b.yaml', text('a', 4));
    await holds('a@b.yaml 4');
  });

  test('removed and written again at once is one change', async () => {
    using folder = new TempFolder();
    folder.write('a.yaml', text('a', 1));
    const { holds, changes } = await start(folder);
    folder.remove('a.yaml');
    folder.write('a.yaml', text('a', 2));
    await holds('a@a.yaml 2');
    expect(changes()).toBe(2);
  });

  test('of the same size and modification time is read all the same', async () => {
    using folder = new TempFolder();
    folder.write('a.yaml', text('a', 3000));
    utimesSync(folder.at('a.yaml'), 1, 1);
    const { holds } = await start(folder);
    folder.write('a.yaml', text('a', 3001));
    utimesSync(folder.at('a.yaml'), 1, 1);
    await holds('a@a.yaml 3001');
  });

  test('written in two halves is read when it is whole', async () => {
    using folder = new TempFolder();
    folder.write('a.yaml', text('a', 1));
    const { holds, refuses, services, refusals } = await start(folder);
    const whole = text('a', 2);
    folder.write('a.yaml', whole.slice(0, 40));
    await refuses('FileMalformed@a.yaml');
    expect(services(), 'the last good object stays').toEqual(['a@a.yaml 1']);
    appendFileSync(folder.at('a.yaml'), whole.slice(40));
    await holds('a@a.yaml 2');
    expect(refusals()).toEqual([]);
  });

  test('emptied has nothing to say', async () => {
    using folder = new TempFolder();
    folder.write('a.yaml', text('a'));
    folder.write('b.yaml', text('b'));
    const { holds, refusals } = await start(folder);
    truncateSync(folder.at('a.yaml'));
    await holds('b@b.yaml 3000');
    expect(refusals()).toEqual([]);
  });

  test('with a syntax error keeps its objects; its refusal names the line and goes when it is mended', async () => {
    using folder = new TempFolder();
    folder.write('a.yaml', text('a'));
    const { ledger, log, refuses, services } = await start(folder);
    folder.replace('a.yaml', 'kind: Service\nspec: [\n');
    await refuses('FileMalformed@a.yaml');
    expect(ledger.all()[0]?.message).toMatch(/line 3, column 1/);
    expect(services()).toEqual(['a@a.yaml 3000']);
    folder.replace('a.yaml', text('a'));
    await refuses();
    expect(log.of('refused')).toHaveLength(1);
    expect(log.of('no longer refused')).toHaveLength(1);
  });

  test('that becomes a folder, and a folder that becomes a file, are followed', async () => {
    using folder = new TempFolder();
    folder.write('a.yaml', text('a', 1));
    const { holds } = await start(folder);
    folder.remove('a.yaml');
    folder.write('a.yaml/b.yaml', text('b', 2));
    await holds('b@a.yaml/b.yaml 2');
    folder.remove('a.yaml');
    folder.write('a.yaml', text('a', 3));
    await holds('a@a.yaml 3');
  });
});

describe('many files', () => {
  test('a change of one leaves the objects of all others as they are', async () => {
    using folder = new TempFolder();
    folder.write('a.yaml', documents(service('a', [1]), ingress('a', [{ service: 'a' }])));
    folder.write('b.yaml', text('b'));
    const { store, holds } = await start(folder);
    const before = new Map([...store.list('Ingress'), ...store.list('Service')].map((it) => [keyOf(it), it]));
    folder.replace('a.yaml', documents(service('a', [2]), ingress('a', [{ service: 'a' }])));
    await holds('a@a.yaml 2', 'b@b.yaml 3000');
    expect(store.get('Ingress', 'default', 'a')).toBe(before.get('Ingress default/a'));
    expect(store.get('Service', 'default', 'b')).toBe(before.get('Service default/b'));
    expect(store.get('Service', 'default', 'a')).not.toBe(before.get('Service default/a'));
  });

  test('written in one burst are few changes', async () => {
    using folder = new TempFolder();
    const { services, changes } = await start(folder);
    for (let index = 0; index < 300; index++) folder.write(`f${index}.yaml`, text(`f${index}`));
    await waitUntil('all are there', () => services().length === 300, { state: changes });
    expect(changes()).toBeLessThan(30);
  });

  test('that never rest are seen all the same', async () => {
    using folder = new TempFolder();
    const { services } = await start(folder);
    const writing = setInterval(() => folder.write('restless.yaml', text('restless')), 5);
    onTestFinished(() => clearInterval(writing));
    folder.write('a.yaml', text('a'));
    await waitUntil('the quiet file is there', () => services().includes('a@a.yaml 3000'));
  });

  test('with more events than the kernel keeps are read whole', async () => {
    using folder = new TempFolder();
    const { holds } = await start(folder);
    // All in one turn, so that nobody empties the kernel's queue of 16,384; in turns, because it merges equal neighbours.
    for (let index = 0; index < 20_000; index++) writeFileSync(folder.at(`noise${index % 2}.txt`), 'x');
    folder.write('a.yaml', text('a'));
    await holds('a@a.yaml 3000');
  });
});

describe('one object in two files', () => {
  test('belongs to the first by name, and to the second when the first goes', async () => {
    using folder = new TempFolder();
    folder.write('b.yaml', text('web', 2));
    const { holds, refuses, ledger } = await start(folder);
    folder.write('a.yaml', text('web', 1));
    await holds('web@a.yaml 1');
    await refuses('ObjectDuplicate@b.yaml');
    expect(ledger.all()[0]?.message).toContain('a.yaml');
    folder.remove('a.yaml');
    await holds('web@b.yaml 2');
    await refuses();
  });

  test('moves between files without a gap', async () => {
    using folder = new TempFolder();
    folder.write('a.yaml', text('web', 1));
    const { store, holds } = await start(folder);
    const seen: boolean[] = [];
    store.onChange(() => seen.push(store.get('Service', 'default', 'web') !== undefined));
    folder.move('a.yaml', 'b.yaml');
    await holds('web@b.yaml 1');
    expect(seen).not.toContain(false);
  });
});

describe('sub-folders', () => {
  test('that appear are watched, also when they come with everything in them', async () => {
    using folder = new TempFolder();
    using other = new TempFolder();
    other.write('new/deep/a.yaml', text('a', 1));
    const { holds } = await start(folder);
    renameSync(other.at('new'), folder.at('new'));
    await holds('a@new/deep/a.yaml 1');
    folder.write('new/deep/a.yaml', text('a', 2));
    await holds('a@new/deep/a.yaml 2');
    folder.write('new/b.yaml', text('b', 3));
    await holds('a@new/deep/a.yaml 2', 'b@new/b.yaml 3');
  });

  test('that go are forgotten, and watched again when they return', async () => {
    using folder = new TempFolder();
    folder.write('sub/a.yaml', text('a', 1));
    const { holds } = await start(folder);
    renameSync(folder.at('sub'), `${folder.parent}/away`);
    await holds();
    folder.write('sub/a.yaml', text('a', 2));
    await holds('a@sub/a.yaml 2');
    folder.write('sub/a.yaml', text('a', 3));
    await holds('a@sub/a.yaml 3');
    folder.remove('sub');
    await holds();
  });

  test('that are replaced by others of the same name are watched anew', async () => {
    using folder = new TempFolder();
    folder.write('sub/a.yaml', text('a', 1));
    const { holds } = await start(folder);
    for (const port of [2, 4, 6]) {
      folder.write(`.next/a.yaml`, text('a', port));
      folder.move('sub', `.old${port}`);
      folder.move('.next', 'sub');
      await holds(`a@sub/a.yaml ${port}`);
      folder.write('sub/a.yaml', text('a', port + 1));
      await holds(`a@sub/a.yaml ${port + 1}`);
    }
  });
});

describe('a ConfigMap mount', () => {
  test('is seen at every swap, not only the first', async () => {
    using folder = new TempFolder();
    folder.swapData({ 'a.yaml': text('a', 1), 'b.yaml': text('b', 1) });
    folder.link('..data/a.yaml', 'a.yaml');
    folder.link('..data/b.yaml', 'b.yaml');
    const { holds } = await start(folder);
    for (const port of [2, 3, 4, 5]) {
      folder.swapData({ 'a.yaml': text('a', port), 'b.yaml': text('b', 1) });
      await holds(`a@a.yaml ${port}`, 'b@b.yaml 1');
    }
  });

  test('moves an object between its files without a gap', async () => {
    using folder = new TempFolder();
    folder.swapData({ 'a.yaml': text('web', 1), 'b.yaml': '' });
    folder.link('..data/a.yaml', 'a.yaml');
    folder.link('..data/b.yaml', 'b.yaml');
    const { store, holds } = await start(folder);
    const seen: boolean[] = [];
    store.onChange(() => seen.push(store.get('Service', 'default', 'web') !== undefined));
    for (const turn of [1, 2, 3]) {
      folder.swapData({ 'a.yaml': '', 'b.yaml': text('web', 1) });
      await holds('web@b.yaml 1');
      folder.swapData({ 'a.yaml': text('web', turn), 'b.yaml': '' });
      await holds(`web@a.yaml ${turn}`);
    }
    expect(seen).not.toContain(false);
  });

  test('with keys in sub-folders is followed through the linked folder', async () => {
    using folder = new TempFolder();
    folder.swapData({ 'sub/a.yaml': text('a', 1) });
    folder.link('..data/sub', 'sub');
    const { holds } = await start(folder);
    for (const port of [2, 3, 4]) {
      folder.swapData({ 'sub/a.yaml': text('a', port) });
      await holds(`a@sub/a.yaml ${port}`);
    }
  });
});

describe('the folder itself', () => {
  test('moved away keeps its last good objects with a refusal, and is followed again when it returns', async () => {
    using folder = new TempFolder();
    folder.write('a.yaml', text('a', 1));
    const { holds, refuses, services } = await start(folder);
    renameSync(folder.path, `${folder.parent}/away`);
    await refuses('FileUnreadable@.');
    expect(services()).toEqual(['a@a.yaml 1']);
    renameSync(`${folder.parent}/away`, folder.path);
    await refuses();
    folder.write('a.yaml', text('a', 2));
    await holds('a@a.yaml 2');
  });

  test('removed with all that is in it keeps its last good objects', async () => {
    using folder = new TempFolder();
    folder.write('a.yaml', text('a', 1));
    folder.write('sub/b.yaml', text('b', 1));
    const { holds, refuses, services } = await start(folder);
    rmSync(folder.path, { recursive: true });
    await refuses('FileUnreadable@.');
    expect(services()).toEqual(['a@a.yaml 1', 'b@sub/b.yaml 1']);
    folder.write('a.yaml', text('a', 2));
    await holds('a@a.yaml 2');
  });

  test('replaced by another one is that other one', async () => {
    using folder = new TempFolder();
    folder.write('a.yaml', text('a', 1));
    const { holds, refuses } = await start(folder);
    renameSync(folder.path, `${folder.parent}/away`);
    await refuses('FileUnreadable@.');
    folder.write('b.yaml', text('b', 2));
    await holds('b@b.yaml 2');
    await refuses();
    folder.write('b.yaml', text('b', 3));
    await holds('b@b.yaml 3');
  });

  test('replaced by a file keeps its last good objects', async () => {
    using folder = new TempFolder();
    using other = new TempFolder();
    folder.write('a.yaml', text('a', 1));
    other.write('file', '');
    const { refuses, services } = await start(folder);
    renameSync(folder.path, `${folder.parent}/away`);
    renameSync(other.at('file'), folder.path);
    await refuses('FileUnreadable@.');
    expect(services()).toEqual(['a@a.yaml 1']);
  });

  test('that is a link is followed when the link is swapped', async () => {
    using folder = new TempFolder();
    for (const port of [1, 2, 3]) folder.write(`release${port}/a.yaml`, text('a', port));
    folder.link('release1', 'current');
    const { holds } = await start(folder, { dir: folder.at('current') });
    for (const port of [2, 3]) {
      folder.link(`release${port}`, 'next');
      folder.move('next', 'current');
      await holds(`a@a.yaml ${port}`);
    }
  });
});

describe('the poll', () => {
  test('sees what no watch tells: a change behind a link', async () => {
    using folder = new TempFolder();
    using other = new TempFolder();
    other.write('a.yaml', text('a', 1));
    folder.link(other.at('a.yaml'), 'a.yaml');
    const { holds } = await start(folder, { pollMs: 50 });
    other.write('a.yaml', text('a', 2));
    await holds('a@a.yaml 2');
    other.write('a.yaml', text('a', 3));
    await holds('a@a.yaml 3');
  });

  test('finds the folder again when all above it was replaced', async () => {
    using folder = new TempFolder();
    folder.write('deep/manifests/a.yaml', text('a', 1));
    const { holds, refuses } = await start(folder, { dir: folder.at('deep/manifests'), pollMs: 50 });
    folder.remove('deep');
    await refuses('FileUnreadable@.');
    folder.write('deep/manifests/b.yaml', text('b', 2));
    await holds('b@b.yaml 2');
  });

  test('of a folder that does not change changes nothing', async () => {
    using folder = new TempFolder();
    folder.write('a.yaml', text('a', 1));
    folder.write('b.yaml', text('b', 1));
    folder.write('bad.yaml', '[');
    const { holds, changes, log } = await start(folder, { pollMs: 5 });
    folder.write('a.yaml', text('a', 2));
    await holds('a@a.yaml 2', 'b@b.yaml 1');
    expect(changes()).toBe(2);
    expect(log.of('refused')).toHaveLength(1);
  });
});

describe('the end', () => {
  test('is silent: nothing is applied any more', async () => {
    using folder = new TempFolder();
    const { source, changes } = await start(folder, { pollMs: 5 });
    folder.write('a.yaml', text('a'));
    source.stop();
    // Another source of the same folder has seen the file, so the stopped one would have, too.
    const second = await start(folder);
    folder.write('b.yaml', text('b'));
    await second.holds('a@a.yaml 3000', 'b@b.yaml 3000');
    expect(changes()).toBe(0);
  });
});
