import { describe, expect, onTestFinished, test } from 'vitest';
import { FolderWatcher } from '../../../../../src/control/sources/folder/folder-watch.ts';
import { KeptLog } from '../../../../support/kept-log.ts';
import { waitUntil } from '../../../../support/wait-until.ts';
import { TempFolder } from './temp-folder.ts';

const start = () => {
  const log = new KeptLog();
  const changed: string[] = [];
  const watcher = new FolderWatcher({ changed: (path) => changed.push(path), broke: () => undefined }, log);
  return { log, changed, watcher };
};

describe('a folder', () => {
  test('tells the paths below the root, dot files left out, and itself when links may lead elsewhere', async () => {
    using folder = new TempFolder();
    const { changed, watcher } = start();
    const watch = watcher.watchFolder('sub', folder.path);
    onTestFinished(() => watch?.close());
    folder.write('.hidden.yaml', '');
    folder.write('a.yaml', '');
    folder.link('.', '..data');
    folder.write('last', '');
    await waitUntil('the last event came', () => changed.includes('sub/last'), { state: () => changed });
    expect(new Set(changed)).toEqual(new Set(['sub/a.yaml', 'sub', 'sub/last']));
  });

  test('that cannot be watched is said once, and others are watched', () => {
    using folder = new TempFolder();
    const { log, watcher } = start();
    const place = `/${'x'.repeat(5000)}`;
    expect(watcher.watchFolder('sub', place)).toBeUndefined();
    expect(watcher.watchFolder('sub', place)).toBeUndefined();
    expect(log.lines).toMatchObject([
      { level: 'warn', message: 'folder cannot be watched, it is polled', fields: { code: 'ENAMETOOLONG' } },
    ]);
    watcher.watchFolder('sub', folder.path)?.close();
    expect(log.lines).toHaveLength(1);
  });

  test('that went in this moment is nothing to speak of', () => {
    using folder = new TempFolder();
    const { log, watcher } = start();
    expect(watcher.watchFolder('none', folder.at('none'))).toBeUndefined();
    expect(log.lines).toEqual([]);
  });
});

describe('the root', () => {
  test('tells of itself, and not of its neighbours', async () => {
    using folder = new TempFolder();
    const { changed, watcher } = start();
    const watch = watcher.watchRoot(folder.at('root'));
    onTestFinished(() => watch?.close());
    folder.write('neighbour', '');
    folder.write('root/a.yaml', '');
    await waitUntil('the root was told', () => changed.length > 0);
    expect(new Set(changed)).toEqual(new Set(['']));
  });
});
