import { describe, expect, test } from 'vitest';
import { refOf } from '../../../../../src/control/object-store.ts';
import { admit } from '../../../../../src/control/sources/admit/admit.ts';
import { FolderClaims } from '../../../../../src/control/sources/folder/folder-claims.ts';
import type { KubeObject } from '../../../../../src/model/objects.ts';
import { service } from '../../../../support/manifests.ts';

const serviceIn = (file: string, name: string): KubeObject =>
  admit(service(name, [3000]), { file, folder: true }).objects[0]!;

const [early, late] = [serviceIn('a.yaml', 'web'), serviceIn('b.yaml', 'web')];

describe('one object in two files', () => {
  test.each([
    ['first by name comes first', ['a.yaml', 'b.yaml']],
    ['first by name comes last', ['b.yaml', 'a.yaml']],
  ])('belongs to the first by name when the %s', (_what, order) => {
    const claims = new FolderClaims();
    for (const file of order) claims.set(file, [file === 'a.yaml' ? early : late]);
    expect(claims.take()).toEqual({ put: [early], remove: [] });
    expect(claims.duplicates()).toMatchObject([
      { file: 'b.yaml', reason: 'ObjectDuplicate', object: refOf(late), message: expect.stringContaining('a.yaml') },
    ]);
  });

  test('goes over to the second when the first lets go, and back', () => {
    const claims = new FolderClaims();
    claims.set('a.yaml', [early]);
    claims.set('b.yaml', [late]);
    claims.take();
    claims.set('a.yaml', []);
    expect(claims.take()).toEqual({ put: [late], remove: [] });
    expect(claims.duplicates()).toEqual([]);
    claims.set('a.yaml', [early]);
    expect(claims.take()).toEqual({ put: [early], remove: [] });
    expect(claims.duplicates()).toHaveLength(1);
  });

  test('is gone when both let go', () => {
    const claims = new FolderClaims();
    claims.set('a.yaml', [early]);
    claims.set('b.yaml', [late]);
    claims.take();
    claims.set('b.yaml', []);
    claims.set('a.yaml', []);
    expect(claims.take()).toEqual({ put: [], remove: [refOf(early)] });
  });

  test('is compared by the bytes of the whole path', () => {
    const claims = new FolderClaims();
    // U+FFFD is three bytes and U+10000 four, though its first UTF-16 unit is the smaller one.
    const files = ['\u{10000}.yaml', '\ufffd.yaml', 'b/a.yaml', 'a.yaml', 'B.yaml', 'a/z.yaml'];
    for (const file of files) claims.set(file, [serviceIn(file, 'web')]);
    const winners: string[] = [];
    for (let winner = claims.take().put[0]; winner !== undefined; winner = claims.take().put[0]) {
      winners.push(winner.origin.file);
      claims.set(winner.origin.file, []);
    }
    expect(winners).toEqual(['B.yaml', 'a.yaml', 'a/z.yaml', 'b/a.yaml', '\ufffd.yaml', '\u{10000}.yaml']);
  });
});

describe('one object twice in one file', () => {
  test('belongs to the first one written', () => {
    const claims = new FolderClaims();
    const again = serviceIn('a.yaml', 'web');
    claims.set('a.yaml', [early, again, serviceIn('a.yaml', 'web')]);
    expect(claims.take().put).toEqual([early]);
    expect(claims.duplicates()).toMatchObject([{ file: 'a.yaml', message: expect.stringMatching(/earlier in this/) }]);
  });
});

describe('a change', () => {
  test('is only what differs', () => {
    const claims = new FolderClaims();
    const other = serviceIn('a.yaml', 'api');
    claims.set('a.yaml', [early, other]);
    claims.take();
    const next = serviceIn('a.yaml', 'web');
    claims.set('a.yaml', [next, other]);
    expect(claims.take()).toEqual({ put: [next], remove: [] });
    expect(claims.take()).toEqual({ put: [], remove: [] });
  });

  test('moves an object between files in one step', () => {
    const claims = new FolderClaims();
    claims.set('a.yaml', [early]);
    claims.take();
    claims.set('a.yaml', []);
    claims.set('b.yaml', [late]);
    expect(claims.take()).toEqual({ put: [late], remove: [] });
  });
});
