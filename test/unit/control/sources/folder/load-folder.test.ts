import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { StartupError } from '../../../../../src/base/startup-error.ts';
import { loadFolder } from '../../../../../src/control/sources/folder/load-folder.ts';
import { FILE_LIMIT_BYTES } from '../../../../../src/control/sources/folder/read-manifest.ts';
import { documents, service } from '../../../../support/manifests.ts';
import { TempFolder } from './temp-folder.ts';

const text = (name: string): string => documents(service(name, [3000]));

/** `name@file` of what the folder holds, and `reason@file` of what is refused. */
const load = async (folder: TempFolder) => {
  const { objects, refusals } = await loadFolder(folder.path);
  return {
    objects: objects.map(({ meta, origin }) => `${meta.name}@${origin.file}`).sort(),
    refusals: refusals.map(({ reason, file }) => `${reason}@${file}`),
    messages: refusals.map(({ message }) => message),
  };
};

describe('which files are read', () => {
  test('those that end in .yaml, .yml and .json, in sub-folders too', async () => {
    using folder = new TempFolder();
    folder.write('a.yaml', text('a'));
    folder.write('b.yml', text('b'));
    folder.write('sub/deep/c.json', JSON.stringify(service('c', [3000])));
    folder.write('d.txt', text('d'));
    folder.write('README.md', '# no manifest');
    folder.write('yaml', text('e'));
    expect(await load(folder)).toMatchObject({ objects: ['a@a.yaml', 'b@b.yml', 'c@sub/deep/c.json'], refusals: [] });
  });

  test('no dot files and nothing in dot folders', async () => {
    using folder = new TempFolder();
    folder.write('.a.yaml', text('a'));
    folder.write('.git/b.yaml', text('b'));
    folder.write('sub/.c.yaml.swp', text('c'));
    expect(await load(folder)).toMatchObject({ objects: [], refusals: [] });
  });

  test('the visible names of a ConfigMap mount, through ..data', async () => {
    using folder = new TempFolder();
    folder.swapData({ 'a.yaml': text('a') });
    folder.link('..data/a.yaml', 'a.yaml');
    expect((await load(folder)).objects).toEqual(['a@a.yaml']);
  });

  test('linked files and linked folders', async () => {
    using folder = new TempFolder();
    using other = new TempFolder();
    other.write('a.yaml', text('a'));
    other.write('sub/b.yaml', text('b'));
    folder.link(other.at('a.yaml'), 'linked.yaml');
    folder.link(other.at('sub'), 'linked');
    expect((await load(folder)).objects).toEqual(['a@linked.yaml', 'b@linked/b.yaml']);
  });

  test('a folder that is itself a link', async () => {
    using folder = new TempFolder();
    using other = new TempFolder();
    folder.write('a.yaml', text('a'));
    other.link(folder.path, 'link');
    expect((await loadFolder(other.at('link'))).objects).toHaveLength(1);
  });

  test('a folder whose name looks like a file', async () => {
    using folder = new TempFolder();
    folder.write('sub.yaml/a.yaml', text('a'));
    expect((await load(folder)).objects).toEqual(['a@sub.yaml/a.yaml']);
  });
});

describe('links that lead nowhere or in circles', () => {
  test('do not hang', async () => {
    using folder = new TempFolder();
    folder.write('sub/a.yaml', text('a'));
    folder.link('.', 'self');
    folder.link('..', 'sub/up');
    folder.link('../sub', 'sub/again');
    folder.link('loop', 'loop');
    folder.link('nowhere', 'gone.yaml');
    expect(await load(folder)).toMatchObject({ objects: ['a@sub/a.yaml'], refusals: [] });
  });

  test('a manifest that links to itself is unreadable', async () => {
    using folder = new TempFolder();
    folder.link('a.yaml', 'a.yaml');
    const { refusals, messages } = await load(folder);
    expect(refusals).toEqual(['FileUnreadable@a.yaml']);
    expect(messages[0]).toMatch(/circle/);
  });

  test('folders linked into each other in exponentially many ways are bounded and said', async () => {
    using folder = new TempFolder();
    for (let level = 0; level < 14; level++) {
      folder.write(`level${level}/.keep`, '');
      for (const side of ['left', 'right']) folder.link(`../level${level + 1}`, `level${level}/${side}`);
    }
    folder.write('level14/a.yaml', text('a'));
    const { objects, messages } = await load(folder);
    expect(objects).toHaveLength(1);
    expect(messages).toContainEqual(expect.stringMatching(/more than 4096 folders/));
  });

  test('a folder below sixteen others is refused', async () => {
    using folder = new TempFolder();
    const deep = Array.from({ length: 16 }, (_, index) => `d${index}`).join('/');
    folder.write(`${deep}/a.yaml`, text('a'));
    folder.write(`${deep}/deeper/b.yaml`, text('b'));
    expect(await load(folder)).toMatchObject({
      objects: [`a@${deep}/a.yaml`],
      refusals: [`FileUnreadable@${deep}/deeper`],
    });
  });
});

describe('what cannot be read', () => {
  test('a file of more than 4 MiB, while one of exactly 4 MiB can', async () => {
    using folder = new TempFolder();
    const filled = (size: number): string =>
      text('a')
        .padEnd(size - 1, ' ')
        .padEnd(size, '\n');
    folder.write('a.yaml', filled(FILE_LIMIT_BYTES));
    folder.write('b.yaml', filled(FILE_LIMIT_BYTES + 1));
    const { objects, refusals, messages } = await load(folder);
    expect(objects).toEqual(['a@a.yaml']);
    expect(refusals).toEqual(['FileUnreadable@b.yaml']);
    expect(messages[0]).toMatch(/4 MiB/);
  });

  test('a named pipe, which would be waited for', async () => {
    using folder = new TempFolder();
    execFileSync('mkfifo', [folder.at('a.yaml')]);
    folder.write('b.yaml', text('b'));
    expect(await load(folder)).toMatchObject({ objects: ['b@b.yaml'], refusals: ['FileUnreadable@a.yaml'] });
  });

  test('a file harms only itself', async () => {
    using folder = new TempFolder();
    folder.write('a.yaml', 'a: [');
    folder.write('b.yaml', Buffer.from([0xff]));
    folder.write('c.yaml', text('c'));
    expect(await load(folder)).toMatchObject({
      objects: ['c@c.yaml'],
      refusals: ['FileMalformed@a.yaml', 'FileMalformed@b.yaml'],
    });
  });

  test('files whose size nobody knows are read to their end', async () => {
    using folder = new TempFolder();
    folder.link('/proc/self/status', 'status.yaml');
    expect(await load(folder)).toMatchObject({ refusals: ['FileMalformed@status.yaml'] });
  });
});

describe('a folder that is not there', () => {
  test('is an error at the start, in one sentence with its name', async () => {
    using folder = new TempFolder();
    const failed = loadFolder(folder.at('none'));
    await expect(failed).rejects.toThrow(StartupError);
    await expect(failed).rejects.toThrow(/^The folder of manifests .*none cannot be read: it does not exist\.$/);
    await expect(failed).rejects.toMatchObject({ exitCode: 78 });
  });

  test('is one as well when it is a file', async () => {
    using folder = new TempFolder();
    folder.write('a.yaml', text('a'));
    await expect(loadFolder(folder.at('a.yaml'))).rejects.toThrow(/it is no folder/);
  });
});
