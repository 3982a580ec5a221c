import type { FakeApi } from './fake-api/fake-api.ts';
import type { Stored } from './fake-api/raw.ts';
import { RawClient } from './raw-client.ts';
import type { Komainu } from './start-komainu.ts';

export interface Traffic {
  /** Waits until so many requests were answered. */
  asked(count: number): Promise<void>;
  /** Ends it; what was asked, and every answer that was not right. */
  stop(): Promise<{ readonly asked: number; readonly wrong: readonly string[] }>;
}

/** Asks these hosts one after the other, again and again, on one connection, until it is stopped. */
export async function keepAsking(komainu: Komainu, hosts: readonly string[]): Promise<Traffic> {
  const client = await RawClient.connect(komainu.port());
  const wrong: string[] = [];
  let asked = 0;
  let stopped = false;
  const asking = (async () => {
    while (!stopped) {
      const host = hosts[asked % hosts.length];
      const { status, text } = await client.ask([`GET /${asked} HTTP/1.1`, `Host: ${host}`]);
      if (status !== 200 || text !== `${host} /${asked}`) wrong.push(`${host}: ${status} ${text}`);
      asked++;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  asking.catch(() => {}); // told by `stop`
  return {
    async asked(count) {
      await Promise.race([asking, komainu.until(`${count} requests are answered`, () => asked >= count)]);
    },
    async stop() {
      stopped = true;
      await asking;
      client[Symbol.dispose]();
      return { asked, wrong };
    },
  };
}

type Places = Readonly<Record<string, readonly string[]>>;

/** Host → endpoints, as the API server's objects say. Ingresses here have one rule with a host, one path, one Service. */
export function placesOf(api: FakeApi): Places {
  const places = api.all('Ingress').flatMap((ingress) => {
    const { namespace } = ingress.metadata;
    const { rules } = ingress.spec as { rules: { host: string; http: { paths: PathShape[] } }[] };
    return rules.map(({ host, http }) => {
      const service = http.paths[0].backend.service.name;
      const slices = api.all('EndpointSlice').filter((slice) => isOf(slice, namespace, service));
      return [host, slices.flatMap(endpointsOf).sort()] as const;
    });
  });
  return Object.fromEntries(places.sort());
}

interface PathShape {
  readonly backend: { readonly service: { readonly name: string } };
}

function isOf({ metadata }: Stored, namespace: string | undefined, service: string): boolean {
  const labels = metadata.labels as Readonly<Record<string, string>>;
  return metadata.namespace === namespace && labels['kubernetes.io/service-name'] === service;
}

function endpointsOf(slice: Stored): string[] {
  const [{ port }] = slice.ports as { port: number }[];
  return (slice.endpoints as { addresses: string[] }[]).map(({ addresses }) => `${addresses[0]}:${port}`);
}

/** The same, as the program says. */
export async function servedPlaces(komainu: Komainu): Promise<Places> {
  const { routes } = await komainu.api<{ routes: readonly { host: string; backend: string }[] }>('routes');
  const { backends } = await komainu.api<{ backends: readonly { key: string; endpoints: { text: string }[] }[] }>(
    'backends',
  );
  const byKey = new Map(backends.map(({ key, endpoints }) => [key, endpoints.map(({ text }) => text).sort()]));
  return Object.fromEntries(routes.map(({ host, backend }) => [host, byKey.get(backend) ?? []] as const).sort());
}

/** Waits until the program serves what the API server holds. */
export async function inStep(komainu: Komainu, api: FakeApi, deadlineMs = 30_000): Promise<void> {
  let seen: Places = {};
  try {
    await komainu.until(
      'the program is in step with the cluster',
      async () => {
        seen = await servedPlaces(komainu);
        return JSON.stringify(seen) === JSON.stringify(placesOf(api));
      },
      deadlineMs,
    );
  } catch (error) {
    throw new Error(`${String(error)}\n${differences(seen, placesOf(api)).slice(0, DIFFERENCES_SHOWN).join('\n')}`);
  }
}

const DIFFERENCES_SHOWN = 10;

function differences(served: Places, wanted: Places): string[] {
  const hosts = new Set([...Object.keys(served), ...Object.keys(wanted)]);
  const differing = [...hosts].filter((host) => String(served[host]) !== String(wanted[host]));
  return differing.map((host) => `${host}: served ${String(served[host])}, wanted ${String(wanted[host])}`);
}
