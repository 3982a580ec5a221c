import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { documents, ingress, route, service } from '../support/manifests.ts';
import { http, type Origin, startOrigin } from '../support/origin.ts';
import { get, RawClient } from '../support/raw-client.ts';
import { type Komainu, startKomainu } from '../support/start-komainu.ts';

interface Refusal {
  readonly file: string;
  readonly reason: string;
  readonly field: string;
  readonly message: string;
  readonly object: { readonly kind: string; readonly name: string } | null;
}

let one: Origin;
let two: Origin;
beforeAll(async () => {
  one = await startOrigin(http((_, reply) => reply.send(200, 'one')));
  two = await startOrigin(http((_, reply) => reply.send(200, 'two')));
});
afterAll(async () => {
  await one.close();
  await two.close();
});

const refusalsOf = async (komainu: Komainu): Promise<readonly Refusal[]> =>
  (await komainu.api<{ refusals: readonly Refusal[] }>('refusals')).refusals;

const answers = (komainu: Komainu, host: string, expected: string | number): Promise<unknown> =>
  komainu.until(`${host} answers ${expected}`, async () => {
    const { status, text } = await get(komainu.port(), host);
    return expected === status || expected === text;
  });

test('an empty folder serves 404 and is ready', async () => {
  await using komainu = await startKomainu();
  expect((await get(komainu.port(), 'a.test')).status).toBe(404);
  expect((await komainu.admin('/readyz')).status).toBe(200);
});

test('a file that is added, changed and removed is live without a restart, also for connections that are open', async () => {
  await using komainu = await startKomainu();
  using client = await RawClient.connect(komainu.port());
  const lines = ['GET / HTTP/1.1', 'Host: a.test'];
  expect((await client.ask(lines)).status).toBe(404);
  await komainu.write('a.yaml', route('a.test', [one.port]));
  await komainu.until('the route is live', async () => (await client.ask(lines)).text === 'one');
  await komainu.write('a.yaml', route('a.test', [two.port]));
  await komainu.until('the change is live', async () => (await client.ask(lines)).text === 'two');
  await komainu.remove('a.yaml');
  await komainu.until('the route is gone', async () => (await client.ask(lines)).status === 404);
});

test('a file that is written in place, slowly, is taken when it is whole', async () => {
  await using komainu = await startKomainu();
  const text = route('slow.test', [one.port]);
  const file = join(komainu.folder, 'slow.yaml');
  for (let at = 0; at < text.length; at += 50) await writeFile(file, text.slice(at, at + 50), { flag: 'a' });
  await answers(komainu, 'slow.test', 'one');
});

test('a file that no longer parses keeps its last good objects and says so', async () => {
  await using komainu = await startKomainu({
    manifests: { 'a.yaml': route('a.test', [one.port]), 'b.yaml': route('b.test', [one.port]) },
  });
  await komainu.write('a.yaml', 'kind: [Ingress\n  broken');
  await komainu.write('b.yaml', route('b.test', [two.port]));
  await answers(komainu, 'b.test', 'two');
  expect((await get(komainu.port(), 'a.test')).text).toBe('one');
  const [refusal] = await refusalsOf(komainu);
  expect(refusal).toMatchObject({ file: 'a.yaml', reason: 'FileMalformed' });
  await komainu.write('a.yaml', route('a.test', [two.port]));
  await answers(komainu, 'a.test', 'two');
  expect(await refusalsOf(komainu)).toEqual([]);
});

test('one bad object of a file harms only itself, and its refusal names file, object and field', async () => {
  const bad = {
    ...ingress('bad', [{ host: 'bad.test', service: 'a' }]),
    spec: {
      rules: [
        {
          host: 'bad.test',
          http: {
            paths: [{ path: '/', pathType: 'Sideways', backend: { service: { name: 'a', port: { number: 80 } } } }],
          },
        },
      ],
    },
  };
  await using komainu = await startKomainu({
    manifests: {
      'mixed.yaml': documents(bad, ingress('good', [{ host: 'good.test', service: 'a' }]), service('a', [one.port])),
    },
  });
  expect((await get(komainu.port(), 'good.test')).text).toBe('one');
  expect((await get(komainu.port(), 'bad.test')).status).toBe(404);
  const refusals = await refusalsOf(komainu);
  expect(refusals).toHaveLength(1);
  expect(refusals[0]).toMatchObject({
    file: 'mixed.yaml',
    reason: 'ObjectInvalid',
    object: { kind: 'Ingress', name: 'bad' },
  });
  expect(refusals[0].field).toContain('pathType');
  expect(refusals[0].message).toContain('Sideways');
});

test('a missing Service: its route answers 503, others are untouched; when it comes the route answers', async () => {
  await using komainu = await startKomainu({
    manifests: {
      'a.yaml': documents(ingress('a', [{ host: 'a.test', service: 'late' }])),
      'b.yaml': route('b.test', [one.port]),
    },
  });
  expect((await get(komainu.port(), 'a.test')).status).toBe(503);
  expect((await get(komainu.port(), 'b.test')).status).toBe(200);
  expect((await refusalsOf(komainu)).map(({ reason }) => reason)).toEqual(['ServiceMissing']);
  await komainu.write('service.yaml', documents(service('late', [two.port])));
  await answers(komainu, 'a.test', 'two');
  expect(await refusalsOf(komainu)).toEqual([]);
});

test('two files that claim the same host and path: one of them serves, the other is refused visibly', async () => {
  await using komainu = await startKomainu({
    manifests: {
      'x.yaml': documents(
        ingress('b', [
          { host: 'same.test', service: 'b' },
          { host: 'own.test', service: 'b' },
        ]),
        service('b', [two.port]),
      ),
      'y.yaml': documents(ingress('a', [{ host: 'same.test', service: 'a' }]), service('a', [one.port])),
    },
  });
  expect((await get(komainu.port(), 'same.test')).text).toBe('one');
  expect((await get(komainu.port(), 'own.test')).text).toBe('two');
  const [refusal, ...rest] = await refusalsOf(komainu);
  expect(refusal).toMatchObject({ reason: 'PathConflict', object: { name: 'b' } });
  expect(rest).toEqual([]);
});

test('the same object in two files: the first by file name counts', async () => {
  await using komainu = await startKomainu({
    manifests: { 'a.yaml': route('same.test', [one.port]), 'b.yaml': route('same.test', [two.port]) },
  });
  expect((await get(komainu.port(), 'same.test')).text).toBe('one');
  expect(new Set((await refusalsOf(komainu)).map(({ file, reason }) => `${file} ${reason}`))).toEqual(
    new Set(['b.yaml ObjectDuplicate']),
  );
});

test('sub-folders, JSON, Lists and several documents are read; dot files and other files are not', async () => {
  const list = {
    apiVersion: 'v1',
    kind: 'List',
    items: [ingress('l', [{ host: 'list.test', service: 'l' }]), service('l', [one.port])],
  };
  await using komainu = await startKomainu({
    manifests: {
      'deep/er/a.yml': route('deep.test', [one.port]),
      'list.json': JSON.stringify(list),
      '.hidden.yaml': route('hidden.test', [one.port]),
      'notes.txt': route('notes.test', [one.port]),
    },
  });
  expect((await get(komainu.port(), 'deep.test')).text).toBe('one');
  expect((await get(komainu.port(), 'list.test')).text).toBe('one');
  expect((await get(komainu.port(), 'hidden.test')).status).toBe(404);
  expect((await get(komainu.port(), 'notes.test')).status).toBe(404);
  await komainu.write('deep/new/b.yaml', route('new.test', [two.port]));
  await answers(komainu, 'new.test', 'two');
});

test('a mounted ConfigMap is followed when its ..data link is swapped', async () => {
  await using komainu = await startKomainu();
  const version = async (name: string, port: number): Promise<void> => {
    const folder = join(komainu.folder, `..${name}`);
    await mkdir(folder);
    await writeFile(join(folder, 'a.yaml'), route('mounted.test', [port]));
    await symlink(`..${name}`, join(komainu.folder, '..data_tmp'));
    await rename(join(komainu.folder, '..data_tmp'), join(komainu.folder, '..data'));
  };
  await version('2026_1', one.port);
  await symlink('..data/a.yaml', join(komainu.folder, 'a.yaml'));
  await answers(komainu, 'mounted.test', 'one');
  await version('2026_2', two.port);
  await answers(komainu, 'mounted.test', 'two');
});

test('endpoints that move do not write the routes again', async () => {
  await using komainu = await startKomainu({
    manifests: {
      'i.yaml': documents(ingress('i', [{ host: 'move.test', service: 's' }])),
      's.yaml': documents(service('s', [one.port])),
    },
  });
  for (const [port, name] of [
    [two.port, 'two'],
    [one.port, 'one'],
    [two.port, 'two'],
  ] as const) {
    await komainu.write('s.yaml', documents(service('s', [port])));
    await answers(komainu, 'move.test', name);
  }
});

test('a request that runs keeps its endpoint although its route is gone', async () => {
  const gate = Promise.withResolvers<void>();
  await using slow = await startOrigin(
    http(async (_, reply) => {
      await gate.promise;
      reply.send(200, 'finished');
    }),
  );
  await using komainu = await startKomainu({ manifests: { 'a.yaml': route('a.test', [slow.port]) } });
  using client = await RawClient.connect(komainu.port());
  client.say(['GET / HTTP/1.1', 'Host: a.test']);
  await komainu.until('the request is at the origin', () => slow.requests.length === 1);
  await komainu.remove('a.yaml');
  await komainu.routed('a.test', false);
  gate.resolve();
  expect(await client.answer()).toMatchObject({ status: 200, text: 'finished' });
});

test('connections to an endpoint that is no longer listed are closed', async () => {
  await using komainu = await startKomainu({ manifests: { 'a.yaml': route('a.test', [one.port]) } });
  await using old = await startOrigin();
  await komainu.write('b.yaml', route('b.test', [old.port]));
  await komainu.until('b answers', async () => (await get(komainu.port(), 'b.test')).status === 200);
  expect(old.openConnections).toBeGreaterThan(0);
  await komainu.remove('b.yaml');
  await komainu.until('no connection is left', () => old.openConnections === 0);
});
