import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ECHO_PORT } from '../../../src/cli/echo-backend.ts';
import { buildVersion } from '../../../src/observe/build-info.ts';
import { runWords } from '../../support/scripted-terminal.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'komainu-cli-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ingress = (name: string, host: string, path: string, service: string) => `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name}, namespace: shop }
spec:
  rules:
    - host: ${host}
      http: { paths: [{ path: ${path}, pathType: Prefix, backend: { service: { name: ${service}, port: { number: 80 } } } }] }
`;

const service = (name: string, endpoints: string) => `
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop, annotations: { komainu.dev/endpoints: "${endpoints}" } }
`;

const write = (name: string, ...documents: string[]) => writeFileSync(join(folder, name), documents.join('\n---\n'));

const inFolder = (...words: string[]) => runWords([...words, '--manifests', folder]);

describe('check', () => {
  test('a folder without problems exits 0 and says what it holds', async () => {
    write('web.yaml', ingress('web', 'a.test', '/', 'web'), service('web', '127.0.0.1:3000'));
    expect(await inFolder('check')).toEqual({ code: 0, out: `${folder}: no problems; 1 rule, 1 backend`, err: '' });
  });

  test('each refusal is told with file, object, field and reason, and the exit code is 1', async () => {
    write('web.yaml', ingress('web', 'a.test', '/', 'missing'));
    write('broken.yaml', 'kind: [');
    const { code, out } = await inFolder('check');
    const lines = out.split('\n');
    expect(code).toBe(1);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^broken\.yaml: .* \(FileMalformed\)$/);
    expect(lines[1]).toMatch(
      /^web\.yaml: Ingress shop\/web: spec\.rules\[0\]\.http\.paths\[0\]\.backend.*: .* \(ServiceMissing\)$/,
    );
    expect(lines[2]).toBe(`${folder}: 2 refusals; 1 rule, 1 backend`);
  });

  test('JSON has the same', async () => {
    write('web.yaml', ingress('web', 'a.test', '/', 'missing'));
    const { code, out } = await inFolder('check', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      settings: [],
      rules: 1,
      refusals: [{ file: 'web.yaml', reason: 'ServiceMissing' }],
    });
  });

  test('settings that cannot be used exit 78, a flag with a wrong value 64', async () => {
    const file = join(folder, 'komainu.yaml');
    writeFileSync(file, 'shards: 2\ngraceMs: soon\n');
    const wrongFile = await runWords(['check', '--settings', file]);
    expect(wrongFile.code).toBe(78);
    expect(wrongFile.out).toBe(`${file}:2: graceMs: must be a whole number from 0 to 86400000, not "soon"`);
    const json = await runWords(['check', '--settings', file, '--json']);
    expect(JSON.parse(json.out).settings).toEqual([
      { where: `${file}:2: graceMs`, message: expect.stringContaining('soon') },
    ]);
    expect((await runWords(['check', '--shards', 'x'])).code).toBe(64);
    expect((await runWords(['check', '--https-port', '443'])).code).toBe(78);
    expect((await runWords(['check'], { environment: { KOMAINU_SHARDS: 'x' } })).code).toBe(78);
  });

  test('the settings file is found from the working directory, its folder from the file', async () => {
    mkdirSync(join(folder, 'etc', 'routes'), { recursive: true });
    writeFileSync(join(folder, 'etc', 'komainu.yaml'), 'manifests: routes\n');
    const { code, out } = await runWords(['check', '--settings', 'etc/komainu.yaml'], { directory: folder });
    expect([code, out]).toEqual([0, `${folder}/etc/routes: no problems; 0 rules, 0 backends`]);
  });

  test('a folder or a settings file that is not there exits 78', async () => {
    const gone = join(folder, 'gone');
    const noFolder = await runWords(['check', '--manifests', gone]);
    expect([noFolder.code, noFolder.out]).toEqual([
      78,
      `--manifests: must be a folder that can be read; ${gone} is none`,
    ]);
    const noFile = await runWords(['check', '--settings', gone]);
    expect([noFile.code, noFile.out]).toEqual([
      78,
      expect.stringMatching(/^--settings: cannot read the settings file: ENOENT/),
    ]);
  });

  test('a settings file of more than a mebibyte is not read', async () => {
    const file = join(folder, 'huge.yaml');
    writeFileSync(file, '#'.repeat(1_048_577));
    expect((await runWords(['check', '--settings', file])).out).toMatch(/more than a settings file may have/);
  });

  test('the sample has no problems and leads to the echo backend', async () => {
    expect((await runWords(['check'])).code).toBe(0);
    const { out } = await runWords(['routes', '--json']);
    expect(JSON.parse(out).routes).toEqual([
      expect.objectContaining({ host: '', path: '', pathKind: 'prefix', endpoints: [`127.0.0.1:${ECHO_PORT}`] }),
    ]);
  });
});

describe('routes', () => {
  test('one line a rule, with endpoints and owner', async () => {
    write(
      'web.yaml',
      ingress('web', 'a.test', '/x', 'web'),
      service('web', '10.0.0.1:1, 10.0.0.2:1, 10.0.0.3:1, 10.0.0.4:1'),
    );
    write('none.yaml', ingress('none', 'b.test', '/', 'missing'));
    const { code, out } = await inFolder('routes');
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'HOST    PATH  KIND    BACKEND          ENDPOINTS                                    OWNER',
      'a.test  /x    Prefix  shop/web:80      10.0.0.1:1,10.0.0.2:1,10.0.0.3:1 and 1 more  Ingress shop/web (web.yaml)',
      'b.test  /     Prefix  shop/missing:80  none                                         Ingress shop/none (none.yaml)',
    ]);
  });

  test('a running process is asked through its admin port', async () => {
    const owner = { kind: 'Ingress', namespace: 'shop', name: 'web' };
    const rule = {
      host: '',
      pathKind: 'default',
      path: '',
      backend: 'shop/web:80',
      owner,
      field: 'spec.defaultBackend',
    };
    const endpoints = [
      { text: '[::1]:80', available: true },
      { text: '10.0.0.1:80', available: false },
    ];
    const answers: Record<string, unknown> = {
      '/api/routes': { generation: 1, routes: [rule] },
      '/api/backends': { generation: 1, backends: [{ key: 'shop/web:80', endpoints }] },
    };
    const admin = await answering((url) => answers[url]);
    try {
      const { code, out } = await runWords(['routes', '--admin', admin.url]);
      expect([code, out.split('\n')[1]]).toEqual([
        0,
        '*     *     default  shop/web:80  [::1]:80,10.0.0.1:80 (out)  Ingress shop/web',
      ]);
    } finally {
      admin.close();
    }
  });

  test('a process that does not answer, or answers something else, is one sentence and exit code 69', async () => {
    const admin = await answering(() => ({ hello: 1 }));
    const strange = await runWords(['routes', '--admin', admin.url]);
    expect([strange.code, strange.err]).toEqual([69, expect.stringContaining('answers something else')]);
    admin.close();
    const gone = await runWords(['routes', '--admin', admin.url]);
    expect([gone.code, gone.err]).toEqual([69, expect.stringMatching(/does not answer: ECONNREFUSED$/)]);
  });

  test('an admin that is no URL is wrong usage', async () => {
    expect((await runWords(['routes', '--admin', '127.0.0.1:9090'])).code).toBe(64);
    expect((await runWords(['routes', '--admin', 'http://a/api'])).code).toBe(64);
  });
});

async function answering(answerTo: (url: string) => unknown) {
  const server = createServer((request, response) => response.end(JSON.stringify(answerTo(request.url ?? '') ?? {})));
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

describe('explain', () => {
  beforeEach(() => {
    write('web.yaml', ingress('web', 'a.test', '/x', 'web'), service('web', '127.0.0.1:3000'));
    write('all.yaml', ingress('all', '"*.test"', '/', 'web'));
  });

  test('the rule that takes the request, and why the other does not', async () => {
    const { code, out } = await inFolder('explain', 'GET', 'http://a.test/x/y');
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'GET /x/y for the host a.test',
      'Taken by Ingress shop/web, web.yaml, spec.rules[0].http.paths[0]',
      '  rule       a.test, Prefix /x',
      '  backend    shop/web:80',
      '  endpoints  127.0.0.1:3000',
      'Not Ingress shop/all, all.yaml, spec.rules[0].http.paths[0] (*.test, Prefix /): less specific: an exact host comes before a wildcard host',
    ]);
  });

  test('a Host header decides where the URL goes somewhere else', async () => {
    const { code, out } = await inFolder(
      'explain',
      'GET',
      'http://127.0.0.1:8080/x',
      '-H',
      'Host: B.test:80',
      '--json',
    );
    expect([code, JSON.parse(out).taken.owner.name]).toEqual([0, 'all']);
  });

  test('nobody exits 1', async () => {
    const { code, out } = await inFolder('explain', 'GET', 'http://a.b.test/');
    expect([code, out.split('\n')[1]]).toEqual([1, 'Nobody takes it: 404']);
  });

  test('a request that a shard refuses exits 1, what is no request 64', async () => {
    expect((await inFolder('explain', 'GET', 'http://a.test/..')).code).toBe(1);
    expect((await inFolder('explain', 'GET', 'ftp://a.test/')).code).toBe(64);
  });
});

describe('proxy', () => {
  test('all that is wrong with its flags is told at once', async () => {
    const { code, err } = await runWords([
      'proxy',
      '--to',
      'https://a',
      '--to',
      'b',
      '--from',
      'c:80',
      '--shards',
      '0',
    ]);
    expect(code).toBe(64);
    expect(err.split('\n')).toEqual([
      'komainu: --to https://a: https backends are not in this version; name one with http://',
      'komainu: --to b: must be a URL such as http://127.0.0.1:3000',
      'komainu: --from c:80: must not have a port: --http-port says where to listen',
      'komainu: --shards: must be a whole number from 1 to 256, not 0',
    ]);
  });

  test('without --to there is nothing to proxy to', async () => {
    expect(await runWords(['proxy'])).toMatchObject({ code: 64, err: expect.stringContaining('--to is missing') });
  });
});

describe('the program', () => {
  test('says its version and its help', async () => {
    expect(await runWords(['--version'])).toEqual({ code: 0, out: buildVersion(), err: '' });
    expect(await runWords(['--help'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('komainu COMMAND'),
      err: '',
    });
    expect(await runWords(['serve', '--help'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('--http-port N'),
    });
  });

  test('wrong usage exits 64 and says where more is told', async () => {
    expect(await runWords(['chek'])).toEqual({
      code: 64,
      out: '',
      err: 'komainu: there is no command chek; did you mean check?\nSee komainu --help',
    });
    expect((await runWords(['serve', '--prot', '1'])).err).toMatch(
      /there is no flag --prot.*\nSee komainu serve --help$/,
    );
  });

  test('serve with settings that cannot be used exits 78 before it opens anything', async () => {
    const { code, err } = await runWords(['serve', '--engine', 'uws', '--https-port', '1'], {
      environment: { KOMAINU_ROLE: 'boss' },
    });
    expect(code).toBe(78);
    expect(err.split('\n')).toHaveLength(3);
  });
});
