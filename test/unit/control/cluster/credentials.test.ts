import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../src/base/clock.ts';
import { ApiUnreachable } from '../../../../src/control/cluster/api.ts';
import { type Cluster, type ConnectOptions, connectCluster } from '../../../../src/control/cluster/connect-cluster.ts';
import { silentLog } from '../../../../src/observe/log.ts';
import { Authority, type CertifiedKey, certificates } from '../../../support/certificates.ts';
import { type FakeApi, startFakeApi } from '../../../support/fake-api/fake-api.ts';
import { HandClock } from '../../../support/hand-clock.ts';
import { scratchDir, writeKubeconfig } from '../../../support/kubeconfig.ts';

const path = '/api/v1/services';
let authority: Authority;
let serverKey: CertifiedKey;
const clusters: Cluster[] = [];

describe.skipIf(certificates.skipped)(`who we are for the API server${certificates.why}`, () => {
  beforeAll(() => {
    authority = new Authority('first');
    serverKey = authority.issue('server', 'IP:127.0.0.1,DNS:api.internal');
  });

  afterEach(async () => {
    await Promise.all(clusters.splice(0).map((cluster) => cluster.close()));
  });

  async function connect(options: Partial<ConnectOptions>): Promise<Cluster> {
    const cluster = await connectCluster({ log: silentLog, clock: systemClock, env: {}, ...options });
    clusters.push(cluster);
    return cluster;
  }

  const toKubeconfig = (cluster: object, user: object): Promise<Cluster> =>
    connect({ kubeconfig: writeKubeconfig(cluster, user) });

  const startTls = (more: object = {}, tokens?: readonly string[]): Promise<FakeApi> =>
    startFakeApi({
      tls: { cert: serverKey.cert, key: serverKey.key, ...more },
      ...(tokens === undefined ? {} : { tokens }),
    });

  const statusOf = async (cluster: Cluster): Promise<number> => (await cluster.call({ method: 'GET', path })).status;

  const base64 = (text: string): string => Buffer.from(text).toString('base64');

  /** A plugin as people write them: a program of its own. It counts its runs in a file. */
  function plugin(body: string): { readonly command: string; readonly dir: string; runs(): number } {
    const dir = scratchDir();
    const command = join(dir, 'plugin');
    writeFileSync(command, `#!/bin/sh\ncd "${dir}"\necho run >> runs\n${body}\n`);
    chmodSync(command, 0o755);
    const runs = (): number => readFileSync(join(dir, 'runs'), 'utf8').split('\n').length - 1;
    return { command, dir, runs };
  }

  const execCredential = (status: object): string =>
    JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status });

  test('a server whose authority the kubeconfig has, as data or file, is trusted', async () => {
    await using fake = await startTls();
    expect(
      await statusOf(
        await toKubeconfig({ server: fake.url, 'certificate-authority-data': base64(authority.cert) }, {}),
      ),
    ).toBe(200);
    expect(
      await statusOf(await toKubeconfig({ server: fake.url, 'certificate-authority': authority.certFile }, {})),
    ).toBe(200);
  });

  test('a server with an unknown authority is not, and nothing secret is said about it', async () => {
    await using fake = await startTls();
    const cluster = await toKubeconfig({ server: fake.url }, { token: 'secret-token' });
    const error = await cluster.call({ method: 'GET', path }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiUnreachable);
    expect(String(error)).toContain('unable to verify the first certificate');
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret');
    expect(fake.requests).toEqual([]);
  });

  test('insecure-skip-tls-verify trusts anybody', async () => {
    await using fake = await startTls();
    expect(await statusOf(await toKubeconfig({ server: fake.url, 'insecure-skip-tls-verify': true }, {}))).toBe(200);
  });

  test('tls-server-name is the name that the certificate must have', async () => {
    await using fake = await startTls();
    const cluster = { server: fake.url, 'certificate-authority': authority.certFile };
    expect(await statusOf(await toKubeconfig({ ...cluster, 'tls-server-name': 'api.internal' }, {}))).toBe(200);
    const wrong = await toKubeconfig({ ...cluster, 'tls-server-name': 'other.internal' }, {});
    await expect(statusOf(wrong)).rejects.toThrow(/other\.internal/);
  });

  test('a client certificate is shown, as data or as files', async () => {
    const client = authority.issue('client', 'DNS:client');
    await using fake = await startTls({ ca: authority.cert, requestCert: true, rejectUnauthorized: true });
    const cluster = { server: fake.url, 'certificate-authority': authority.certFile };
    const data = { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(client.key) };
    expect(await statusOf(await toKubeconfig(cluster, data))).toBe(200);
    const files = { 'client-certificate': client.certFile, 'client-key': client.keyFile };
    expect(await statusOf(await toKubeconfig(cluster, files))).toBe(200);
    await expect(statusOf(await toKubeconfig(cluster, {}))).rejects.toThrow(ApiUnreachable);
  });

  test('while only one of certificate and key has been replaced, the old pair stays in use', async () => {
    const dir = scratchDir();
    const [old, next] = [authority.issue('old', 'DNS:old'), authority.issue('new', 'DNS:new')];
    const [certFile, keyFile] = [join(dir, 'tls.crt'), join(dir, 'tls.key')];
    writeFileSync(certFile, old.cert);
    writeFileSync(keyFile, old.key);
    await using fake = await startTls({ ca: authority.cert, requestCert: true, rejectUnauthorized: true });
    const clock = new HandClock();
    const kubeconfig = writeKubeconfig(
      { server: fake.url, 'certificate-authority': authority.certFile },
      { 'client-certificate': certFile, 'client-key': keyFile },
    );
    const cluster = await connect({ kubeconfig, clock });
    expect(await statusOf(cluster)).toBe(200);
    writeFileSync(certFile, next.cert);
    clock.advance(10_000);
    expect(await statusOf(cluster)).toBe(200);
    expect(fake.mostConnections).toBe(1);
    writeFileSync(keyFile, next.key);
    clock.advance(10_000);
    expect(await statusOf(cluster)).toBe(200);
    expect(fake.mostConnections).toBe(2);
  });

  test('certificates that are none make a call fail, not the process', async () => {
    await using fake = await startTls();
    const cluster = await toKubeconfig(
      { server: fake.url, 'certificate-authority-data': base64('no certificate') },
      {},
    );
    await expect(statusOf(cluster)).rejects.toThrow(/unable to verify|cannot be used/);
    const user = { 'client-certificate-data': base64('none'), 'client-key-data': base64('none') };
    const other = await toKubeconfig({ server: fake.url, 'certificate-authority': authority.certFile }, user);
    await expect(statusOf(other)).rejects.toThrow(/the certificates cannot be used/);
  });

  test('name and password go as basic authentication', async () => {
    await using fake = await startTls();
    await statusOf(
      await toKubeconfig(
        { server: fake.url, 'insecure-skip-tls-verify': true },
        { username: 'me', password: 'secret' },
      ),
    );
    expect(fake.requests[0].headers.authorization).toBe(`Basic ${base64('me:secret')}`);
  });

  test('impersonation goes along', async () => {
    await using fake = await startFakeApi();
    await statusOf(await toKubeconfig({ server: fake.url }, { as: 'other', 'as-groups': ['a', 'b'] }));
    expect(fake.requests[0].headers).toMatchObject({ 'impersonate-user': 'other', 'impersonate-group': 'a, b' });
  });

  test('a token file is read again, without its line end, and at once when its token is refused', async () => {
    await using fake = await startFakeApi({ tokens: ['first'] });
    const tokenFile = join(scratchDir(), 'token');
    writeFileSync(tokenFile, 'first\n');
    const clock = new HandClock();
    const cluster = await connect({ kubeconfig: writeKubeconfig({ server: fake.url }, { tokenFile }), clock });
    expect(await statusOf(cluster)).toBe(200);
    writeFileSync(tokenFile, 'second\n');
    fake.tokens = ['first', 'second'];
    clock.advance(10_000);
    await statusOf(cluster);
    expect(fake.requests.at(-1)?.headers.authorization).toBe('Bearer second');
    writeFileSync(tokenFile, 'third\n');
    fake.tokens = ['third'];
    expect(await statusOf(cluster)).toBe(200);
  });

  test('a token that nobody accepts is told as 401', async () => {
    await using fake = await startFakeApi({ tokens: ['good'] });
    expect(await statusOf(await toKubeconfig({ server: fake.url }, { token: 'bad' }))).toBe(401);
  });

  test('the service account’s token and authority may both be replaced under us', async () => {
    const dir = scratchDir();
    writeFileSync(join(dir, 'token'), 'one\n');
    writeFileSync(join(dir, 'ca.crt'), authority.cert);
    const fake = await startTls({}, ['one']);
    const { port, hostname } = new URL(fake.url);
    const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    const cluster = await connect({ env, serviceAccountDir: dir });
    expect(await statusOf(cluster)).toBe(200);
    await fake.down();

    const second = new Authority('second');
    const key = second.issue('server', 'IP:127.0.0.1');
    await using renewed = await startFakeApi({
      tls: { cert: key.cert, key: key.key },
      tokens: ['two'],
      port: Number(port),
    });
    await expect(statusOf(cluster)).rejects.toThrow(/unable to verify|self-signed/);
    writeFileSync(join(dir, 'ca.crt'), second.cert);
    writeFileSync(join(dir, 'token'), 'two\n');
    expect(await statusOf(cluster)).toBe(200);
    expect(renewed.count('list')).toBe(1);
  });

  test('an exec plugin is run once, and again when its credential has ended or is refused', async () => {
    await using fake = await startFakeApi({ tokens: ['t1', 't3'] });
    const { command, dir, runs } = plugin('cat credential');
    const give = (status: object): void => writeFileSync(join(dir, 'credential'), execCredential(status));
    const clock = new HandClock();
    const cluster = await connect({ kubeconfig: writeKubeconfig({ server: fake.url }, { exec: { command } }), clock });
    give({ token: 't1', expirationTimestamp: new Date(Date.now() + 3_600_000).toISOString() });
    expect(await Promise.all([statusOf(cluster), statusOf(cluster)])).toEqual([200, 200]);
    expect(runs()).toBe(1);
    fake.tokens = ['t2'];
    clock.advance(5000);
    give({ token: 't2', expirationTimestamp: new Date(Date.now() + 5000).toISOString() });
    expect(await statusOf(cluster)).toBe(200);
    expect(runs()).toBe(2);
    fake.tokens = ['t3'];
    give({ token: 't3' });
    expect(await statusOf(cluster)).toBe(200); // what ends within 10 s is replaced beforehand
    expect(runs()).toBe(3);
  });

  test('a call whose credential comes too late is never sent, and the next one has it', async () => {
    await using fake = await startFakeApi({ tokens: ['t1'] });
    const { command, dir, runs } = plugin('until test -e credential; do sleep 0.05; done; cat credential');
    const clock = new HandClock();
    const cluster = await connect({ kubeconfig: writeKubeconfig({ server: fake.url }, { exec: { command } }), clock });
    const late = cluster.call({ method: 'POST', path, body: {}, timeoutMs: 5000 });
    clock.advance(5000);
    await expect(late).rejects.toThrow(`POST ${path}: no answer in time`);
    const overslept = cluster.call({ method: 'POST', path, body: {}, timeoutMs: 5000 });
    const now = clock.now();
    clock.now = () => now + 5000; // time has passed and no timer has run
    writeFileSync(join(dir, 'credential'), execCredential({ token: 't1' }));
    await expect(overslept).rejects.toThrow(`POST ${path}: no answer in time`);
    expect(await statusOf(cluster)).toBe(200);
    expect(fake.requests.map(({ verb }) => verb)).toEqual(['list']);
    expect(runs()).toBe(1);
  });

  test('an exec plugin may give a client certificate, and learns about the cluster', async () => {
    const client = authority.issue('client', 'DNS:client');
    await using fake = await startTls({ ca: authority.cert, requestCert: true, rejectUnauthorized: true });
    const { command, dir } = plugin(
      'printf %s "$KUBERNETES_EXEC_INFO" > info; printf %s "$GREETING" > greeting; cat credential',
    );
    writeFileSync(
      join(dir, 'credential'),
      execCredential({ clientCertificateData: client.cert, clientKeyData: client.key }),
    );
    const exec = { command, env: [{ name: 'GREETING', value: 'hello' }], provideClusterInfo: true };
    const cluster = await toKubeconfig({ server: fake.url, 'certificate-authority': authority.certFile }, { exec });
    expect(await statusOf(cluster)).toBe(200);
    expect(readFileSync(join(dir, 'greeting'), 'utf8')).toBe('hello');
    expect(JSON.parse(readFileSync(join(dir, 'info'), 'utf8'))).toEqual({
      ...{ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential' },
      spec: { interactive: false, cluster: { server: fake.url, 'certificate-authority-data': base64(authority.cert) } },
    });
  });

  test.each([
    ['echo "the token secret is too old" >&2; exit 3', 'failed with 3; run it by hand to see what it says'],
    ['echo "{secret"', 'printed no ExecCredential with a status'],
    [`echo '{"status":{"note":"secret"}}'`, 'gave neither a token nor a certificate with its key'],
  ])('an exec plugin that gives nothing is named, with nothing that it printed (%#)', async (body, told) => {
    await using fake = await startFakeApi();
    const { command } = plugin(body);
    const cluster = await toKubeconfig({ server: fake.url }, { exec: { command, args: ['--password=secret'] } });
    const error = await cluster.call({ method: 'GET', path }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiUnreachable);
    expect(String(error)).toContain(`the credential plugin ${command} ${told}`);
    expect(String(error)).not.toContain('secret');
  });

  test('an exec plugin that is not installed is named', async () => {
    const cluster = await toKubeconfig(
      { server: 'http://127.0.0.1:1' },
      { exec: { command: 'komainu-no-such-plugin' } },
    );
    await expect(statusOf(cluster)).rejects.toThrow('the credential plugin komainu-no-such-plugin is not there');
  });

  test('an OIDC auth-provider gives its id-token', async () => {
    await using fake = await startFakeApi();
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const idToken = `${part({ alg: 'none' })}.${part({ exp: Math.floor(Date.now() / 1000) + 3600 })}.x`;
    const authProvider = { name: 'oidc', config: { 'id-token': idToken, 'client-id': 'c' } };
    await statusOf(await toKubeconfig({ server: fake.url }, { 'auth-provider': authProvider }));
    expect(fake.requests[0].headers.authorization).toBe(`Bearer ${idToken}`);
  });
});
