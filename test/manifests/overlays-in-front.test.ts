import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findProgram } from '../../bench/programs.ts';
import { freePort } from '../support/free-port.ts';
import { type Front, lackingFor, type Swaps, startFrontFrom } from '../support/front.ts';
import { documents, ingress, service } from '../support/manifests.ts';
import { http, type Origin, type SeenRequest, startOrigin } from '../support/origin.ts';
import { type Answer, RawClient } from '../support/raw-client.ts';
import { type Komainu, startKomainu } from '../support/start-komainu.ts';
import { outsidePorts, overlayFolder, overlays, type Role, rolesOf, settingsFileOf } from './overlays.ts';

/** Another end than that of the proxy in front. */
const CLIENT = '127.0.0.9';
const LEADER_HOST = 'komainu.example.com';

/** What has to be changed in the files for the client's address to arrive, as their comments say. */
const proxyProtocol = {
  settings: [
    ['# listeners:\n#   - {', 'listeners:\n  - {'],
    [/from: \[[^\]]+\]/, 'from: [127.0.0.1]'],
  ],
  haproxy: [['# default-server check', 'default-server check']],
  nginx: [['# proxy_protocol on;', 'proxy_protocol on;']],
} as const;

/** A pod of one role: the program with the settings of the overlay, its own routes and an origin that says role and client. */
class Pod {
  readonly komainu: Komainu;
  readonly origin: Origin;

  constructor(komainu: Komainu, origin: Origin) {
    this.komainu = komainu;
    this.origin = origin;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.komainu[Symbol.asyncDispose]();
    await this.origin.close();
  }
}

async function startPod(overlay: string, role: Role, proxied: boolean): Promise<Pod> {
  const told = (request: SeenRequest): string => request.headerValues('X-Forwarded-For').join('; ');
  const origin = await startOrigin(http((request, reply) => reply.send(200, `${role} for ${told(request)}`)));
  const lines = [LEADER_HOST, 'shop.test'].map((host) => ({ host, service: 'web' }));
  const komainu = await startKomainu({
    shards: 1,
    settings: settingsText(overlay, role, proxied),
    args: ['--no-kubernetes', '--admin-host', '127.0.0.1'],
    manifests: { 'web.yaml': documents(ingress('web', lines), service('web', [origin.port])) },
  });
  return new Pod(komainu, origin);
}

function settingsText(overlay: string, role: Role, proxied: boolean): string {
  const text = readFileSync(settingsFileOf(overlay, role), 'utf8');
  if (!proxied) return text;
  return proxyProtocol.settings.reduce((now, [there, here]) => {
    const then = now.replace(there, here);
    if (then === now) throw new Error(`the settings of ${overlay} do not say ${there}`);
    return then;
  }, text);
}

describe.each(overlays)('%s', (overlay) => {
  describe.each([
    { proxied: false, how: 'without the PROXY protocol' },
    { proxied: true, how: 'with the PROXY protocol' },
  ])('$how', ({ proxied }) => {
    const pods = new Map<Role, Pod>();
    beforeAll(async () => {
      for (const role of rolesOf(overlay)) pods.set(role, await startPod(overlay, role, proxied));
    });
    afterAll(async () => {
      for (const pod of pods.values()) await pod[Symbol.asyncDispose]();
    });

    describe.each(['haproxy', 'nginx'] as const)('%s', (name) => {
      const lacks = lackingFor(name, true);
      if (lacks !== undefined && process.env.CI !== 'true') {
        test.skip(`is not tested: ${lacks} is not installed`, () => {});
        return;
      }
      const here = new Map<number, number>();
      let front: Front;
      beforeAll(async () => {
        const file = join(overlayFolder(overlay), `${name}.example`);
        const text = readFileSync(file, 'utf8');
        for (const port of listensOf(text)) here.set(port, await freePort());
        const moved = [...listenSwaps(name, here), ...nodeSwaps(text, overlay, pods, await freePort())];
        const swaps = [...(proxied ? proxyProtocol[name] : []), ...moved];
        front = await startFrontFrom({ program: findProgram(name) as string, file, swaps, port: here.get(80)! });
      });
      afterAll(() => front?.[Symbol.asyncDispose]());

      async function ask(port: number, host: string): Promise<Answer> {
        using client = await RawClient.connect(here.get(port)!, '127.0.0.1', CLIENT);
        return await client.ask(['GET / HTTP/1.1', `Host: ${host}`]);
      }
      const traffic: Role = rolesOf(overlay).includes('worker') ? 'worker' : 'all';
      const seen = proxied ? CLIENT : '127.0.0.1';

      test('the origin is told the right client', async () => {
        expect(await ask(80, 'shop.test')).toMatchObject({ status: 200, text: `${traffic} for ${seen}` });
      });

      test('a node that takes no connection costs nobody an answer', async () => {
        for (let count = 0; count < 8; count++) expect((await ask(80, 'shop.test')).status).toBe(200);
      });

      if (traffic === 'worker')
        test("the leaders' port leads to the leaders, which serve their own hosts alone; workers serve all", async () => {
          expect(await ask(81, LEADER_HOST)).toMatchObject({ status: 200, text: `leader for ${seen}` });
          expect((await ask(81, 'shop.test')).status).toBe(404);
          expect(await ask(80, LEADER_HOST)).toMatchObject({ status: 200, text: `worker for ${seen}` });
        });
    });
  });
});

const listensOf = (text: string): number[] =>
  [...text.matchAll(/^\s*(?:bind :|listen )(\d+)/gm)].map((found) => Number(found[1]));

const listenSwaps = (name: 'haproxy' | 'nginx', here: ReadonlyMap<number, number>): Swaps =>
  [...here].map(([there, port]) =>
    name === 'haproxy' ? [`bind :${there}\n`, `bind :${port}\n`] : [`listen ${there} `, `listen ${port} `],
  );

/** Each node's port → the pod of its role. Nothing listens for https, and on the second node there is no pod. */
function nodeSwaps(text: string, overlay: string, pods: ReadonlyMap<Role, Pod>, closed: number): Swaps {
  const outside = outsidePorts(overlay);
  const nodes = new Set(text.match(/\b10\.2\.\d+\.\d+:\d+\b/g));
  return [...nodes].map((node) => {
    const found = outside.get(node) ?? outside.get(node.slice(node.indexOf(':')));
    if (found === undefined) throw new Error(`${node} leads to no port of the manifests`);
    const open = found.name === 'http' && !node.startsWith('10.2.2.41:');
    return [node, `127.0.0.1:${open ? pods.get(found.role)!.komainu.port() : closed}`];
  });
}
