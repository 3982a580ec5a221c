import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../src/base/clock.ts';
import { type Cluster, connectCluster } from '../../../../src/control/cluster/connect-cluster.ts';
import { silentLog } from '../../../../src/observe/log.ts';
import { Authority, type CertifiedKey, certificates } from '../../../support/certificates.ts';
import { type FakeApi, startFakeApi } from '../../../support/fake-api/fake-api.ts';
import { ForwardProxy } from '../../../support/forward-proxy.ts';
import { HandClock } from '../../../support/hand-clock.ts';
import { writeKubeconfig } from '../../../support/kubeconfig.ts';
import { waitUntil } from '../../../support/wait-until.ts';

const list = { method: 'GET', path: '/api/v1/services' } as const;
const watch = { ...list, query: { watch: '1' } };
let authority: Authority;
let serverKey: CertifiedKey;
const clusters: Cluster[] = [];

describe.skipIf(certificates.skipped)(`an API server behind a proxy${certificates.why}`, () => {
  beforeAll(() => {
    authority = new Authority('proxied');
    serverKey = authority.issue('server', 'DNS:api.internal');
  });

  afterEach(async () => {
    await Promise.all(clusters.splice(0).map((cluster) => cluster.close()));
  });

  async function connect(cluster: object, clock = systemClock): Promise<Cluster> {
    const kubeconfig = writeKubeconfig(cluster, { token: 'secret-token' });
    const connected = await connectCluster({ kubeconfig, log: silentLog, clock });
    clusters.push(connected);
    return connected;
  }

  const startTls = (): Promise<FakeApi> => startFakeApi({ tls: { cert: serverKey.cert, key: serverKey.key } });

  /** The proxy has 127.0.0.1 to go to, and the certificate another name: it is what the connection goes to that counts. */
  const through = (fake: FakeApi, proxy: ForwardProxy, login = ''): object => ({
    ...{ server: fake.url, 'proxy-url': `http://${login}127.0.0.1:${proxy.port}` },
    ...{ 'certificate-authority': authority.certFile, 'tls-server-name': 'api.internal' },
  });

  test('an https server behind a proxy is reached through a tunnel, its certificate checked as without', async () => {
    await using fake = await startTls();
    await using proxy = await ForwardProxy.start();
    const cluster = await connect(through(fake, proxy));
    expect((await cluster.call(list)).status).toBe(200);
    expect((await cluster.call(list)).status).toBe(200);
    expect(proxy.seen).toEqual([`CONNECT ${new URL(fake.url).host}`]);
    const wrong = await connect({ ...through(fake, proxy), 'tls-server-name': 'other.internal' });
    await expect(wrong.call(list)).rejects.toThrow(/other\.internal/);
  });

  test('watches go through the tunnel too, each in its own', async () => {
    await using fake = await startTls();
    await using proxy = await ForwardProxy.start();
    const cluster = await connect(through(fake, proxy));
    const stop = new AbortController();
    await cluster.stream({ ...watch, signal: stop.signal });
    const { chunks } = await cluster.stream({ ...watch, signal: stop.signal });
    expect(fake.openConnections).toBe(2);
    fake.put({ kind: 'Service', metadata: { name: 'a' } });
    for await (const chunk of chunks) {
      expect(chunk.toString()).toContain('ADDED');
      break;
    }
    stop.abort();
    await waitUntil('no connection', () => fake.openConnections === 0);
  });

  test('an http server behind a proxy is asked for by its whole address', async () => {
    await using fake = await startFakeApi();
    await using proxy = await ForwardProxy.start();
    const cluster = await connect({ server: fake.url, 'proxy-url': `http://127.0.0.1:${proxy.port}` });
    expect((await cluster.call(list)).status).toBe(200);
    expect(proxy.seen).toEqual([`GET ${fake.url}${list.path}`]);
  });

  test('a proxy that wants a password gets the one of its address, and nobody hears it', async () => {
    await using fake = await startTls();
    await using proxy = await ForwardProxy.start('me:hidden');
    expect((await (await connect(through(fake, proxy, 'me:hidden@'))).call(list)).status).toBe(200);
    const refused = (await connect(through(fake, proxy, 'me:hidden2@'))).call(list);
    const error = await refused.catch((thrown: unknown) => String(thrown));
    expect(error).toContain('407');
    expect(error).not.toContain('hidden');
  });

  test('a proxy that takes a tunnel and then says nothing does not hold up the calls after', async () => {
    await using fake = await startTls();
    await using proxy = await ForwardProxy.start();
    proxy.hangs = true;
    const clock = new HandClock();
    const cluster = await connect(through(fake, proxy), clock);
    const call = cluster.call({ ...list, timeoutMs: 1000 });
    await waitUntil('the tunnel is asked for', () => proxy.seen.length === 1);
    clock.advance(1000);
    await expect(call).rejects.toThrow('no answer in time');
    proxy.hangs = false;
    expect((await cluster.call(list)).status).toBe(200);
    await waitUntil('one connection', () => proxy.openConnections === 2, { state: () => proxy.openConnections });
  });

  test('a proxy that is not there is told as such', async () => {
    const proxy = await ForwardProxy.start();
    await using fake = await startTls();
    const cluster = await connect(through(fake, proxy));
    await proxy[Symbol.asyncDispose]();
    await expect(cluster.call(list)).rejects.toThrow(/ECONNREFUSED/);
  });
});
