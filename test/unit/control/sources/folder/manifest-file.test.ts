import { describe, expect, test } from 'vitest';
import { ManifestFile } from '../../../../../src/control/sources/folder/manifest-file.ts';
import { documents, ingress, service } from '../../../../support/manifests.ts';

const bytes = (text: string) => ({ kind: 'bytes' as const, bytes: Buffer.from(text) });

const fileWith = (text: string): ManifestFile => {
  const file = new ManifestFile('sub/a.yaml');
  file.update(bytes(text));
  return file;
};

const namesIn = (file: ManifestFile): string[] => file.objects.map(({ kind, meta }) => `${kind} ${meta.name}`);

const web = ingress('web', [{ host: 'a.test', service: 'web' }]);
const api = ingress('api', [{ host: 'b.test', service: 'api' }]);
/** Refused as a whole: it has no port. */
const badService = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { ports: 'none' } };

describe('a file that is right', () => {
  test('gives its objects, which name it', () => {
    const file = fileWith(documents(web, service('web', [3000])));
    expect(namesIn(file)).toEqual(['Ingress web', 'Service web']);
    expect(file.objects[0]?.origin).toEqual({ file: 'sub/a.yaml', folder: true });
    expect(file.refusals).toEqual([]);
  });

  test('is no change when its bytes are the same', () => {
    const file = fileWith(documents(web));
    const before = file.objects;
    expect(file.update(bytes(documents(web)))).toBe(false);
    expect(file.objects).toBe(before);
  });

  test('keeps the identity of objects that did not change while others did', () => {
    const file = fileWith(documents(web, api));
    const [oldWeb, oldApi] = file.objects;
    expect(file.update(bytes(documents(ingress('web', [{ host: 'c.test', service: 'web' }]), api)))).toBe(true);
    expect(file.objects[0]).not.toBe(oldWeb);
    expect(file.objects[1]).toBe(oldApi);
  });

  test('keeps identities when only comments and order change', () => {
    const file = fileWith(documents(web, api));
    const [oldWeb, oldApi] = file.objects;
    file.update(bytes(`# moved\n${documents(api, web)}`));
    expect(file.objects[0]).toBe(oldApi);
    expect(file.objects[1]).toBe(oldWeb);
  });

  test('that was emptied has no objects', () => {
    const file = fileWith(documents(web));
    expect(file.update(bytes(''))).toBe(true);
    expect(file.objects).toEqual([]);
    expect(file.refusals).toEqual([]);
  });
});

describe('a file that is wrong', () => {
  test('keeps all its last good objects and says line and column, until it parses again', () => {
    const file = fileWith(documents(web, api));
    const before = file.objects;
    expect(file.update(bytes('a: 1\nb: [\n'))).toBe(true);
    expect(file.objects).toBe(before);
    expect(file.refusals).toMatchObject([{ file: 'sub/a.yaml', object: null, reason: 'FileMalformed' }]);
    expect(file.refusals[0]?.message).toMatch(/^line 3, column 1: .*; its last good objects stay$/);
    file.update(bytes(documents(web, api)));
    expect(file.objects).toEqual(before);
    expect(file.objects[0]).toBe(before[0]);
    expect(file.refusals).toEqual([]);
  });

  test('from the start has no objects and promises none', () => {
    const file = fileWith('a: [');
    expect(file.objects).toEqual([]);
    expect(file.refusals[0]?.message).not.toMatch(/last good/);
  });

  test('that is not UTF-8 is malformed', () => {
    const file = fileWith(documents(web));
    file.update({ kind: 'bytes', bytes: Buffer.from([0x61, 0xff, 0xfe]) });
    expect(namesIn(file)).toEqual(['Ingress web']);
    expect(file.refusals).toMatchObject([{ reason: 'FileMalformed', message: expect.stringMatching(/UTF-8/) }]);
  });

  test('that cannot be read keeps its objects, and is right again with the same bytes', () => {
    const file = fileWith(documents(web));
    expect(file.update({ kind: 'unreadable', problem: 'the permission is missing' })).toBe(true);
    expect(file.update({ kind: 'unreadable', problem: 'the permission is missing' })).toBe(false);
    expect(namesIn(file)).toEqual(['Ingress web']);
    expect(file.refusals).toMatchObject([{ reason: 'FileUnreadable', message: expect.stringMatching(/permission/) }]);
    expect(file.update(bytes(documents(web)))).toBe(true);
    expect(file.refusals).toEqual([]);
  });

  test('that is no Kubernetes object is refused', () => {
    expect(fileWith('hello').refusals).toMatchObject([{ reason: 'FileMalformed' }]);
  });
});

describe('an object that is refused', () => {
  test('keeps its own last good version while the others change', () => {
    const file = fileWith(documents(web, service('web', [3000])));
    const good = file.objects[1];
    file.update(bytes(documents(api, badService)));
    expect(namesIn(file)).toEqual(['Ingress api', 'Service web']);
    expect(file.objects[1]).toBe(good);
    expect(file.refusals).toMatchObject([{ reason: 'ObjectInvalid', object: { kind: 'Service', name: 'web' } }]);
  });

  test('keeps it over further changes, and gives it up when it is written no more', () => {
    const file = fileWith(documents(web, service('web', [3000])));
    file.update(bytes(documents(badService)));
    file.update(bytes(documents(api, badService)));
    expect(namesIn(file)).toEqual(['Ingress api', 'Service web']);
    file.update(bytes(documents(api)));
    expect(namesIn(file)).toEqual(['Ingress api']);
    expect(file.refusals).toEqual([]);
  });

  test('is replaced when it is right again', () => {
    const file = fileWith(documents(service('web', [3000])));
    file.update(bytes(documents(badService)));
    file.update(bytes(documents(service('web', [3001]))));
    expect(file.objects).toMatchObject([{ kind: 'Service', namedEndpoints: [{ port: 3001 }] }]);
    expect(file.refusals).toEqual([]);
  });

  test('that was never right is not there', () => {
    expect(namesIn(fileWith(documents(web, badService)))).toEqual(['Ingress web']);
  });
});
