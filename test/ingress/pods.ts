import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a pod says of a request. */
export interface Echo {
  readonly pod: string;
  readonly port: 'main' | 'other';
  readonly method: string;
  readonly host: string;
  readonly target: string;
}

/** Two pods to tell apart, one with an IPv6 address, ten for those who count, and that of the markers. */
export const podNames = ['one', 'two', 'six', 'marker', ...Array.from({ length: 10 }, (_, index) => `pod-${index}`)];

/** Each pod has an address, and all have the same two ports, as pods of one Deployment have. */
export class Pods {
  readonly main: number;
  readonly other: number;
  readonly #addresses: ReadonlyMap<string, string>;
  readonly #servers: readonly Server[];

  constructor(main: readonly Server[], other: readonly Server[], addresses: ReadonlyMap<string, string>) {
    this.main = portOf(main[0]);
    this.other = portOf(other[0]);
    this.#addresses = addresses;
    this.#servers = [...main, ...other];
  }

  /** What `<text>` means in an object. */
  meaning(text: string): string | number {
    if (text === 'main' || text === 'other') return this[text];
    const address = this.#addresses.get(text);
    if (address === undefined) throw new Error(`there is no pod ${text}`);
    return address;
  }

  /** Of a program that knows names for two of them. */
  get environment(): Readonly<Record<string, string>> {
    return {
      NODE_OPTIONS: `--import=${new URL('external-names.mjs', import.meta.url).href}`,
      EXTERNAL_NAMES: JSON.stringify({
        'api.foo.bar.example': this.meaning('one'),
        'api2.foo.bar.example': this.meaning('two'),
      }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
}

/** `network`: the first three numbers of their IPv4 addresses, which this machine must have. */
export async function startPods(network: string, ipv6: string): Promise<Pods> {
  const addresses = new Map(podNames.map((name, index) => [name, name === 'six' ? ipv6 : `${network}.${index + 10}`]));
  const main = await onOnePort('main', addresses);
  return new Pods(main, await onOnePort('other', addresses), addresses);
}

const ATTEMPTS = 20;

/** A port that is free on the first address may be taken on another. */
async function onOnePort(port: Echo['port'], addresses: ReadonlyMap<string, string>): Promise<readonly Server[]> {
  for (let attempt = 1; ; attempt++) {
    const servers: Server[] = [];
    try {
      for (const [pod, address] of addresses) {
        servers.push(await listen(echo(pod, port), address, servers.length === 0 ? 0 : portOf(servers[0])));
      }
      return servers;
    } catch (error) {
      for (const server of servers) server.close();
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || attempt === ATTEMPTS) throw error;
    }
  }
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

function listen(server: Server, host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => resolve(server));
  });
}

const echo = (pod: string, port: Echo['port']): Server =>
  createServer((request: IncomingMessage, answer: ServerResponse) => {
    const { method = '', url = '', headers } = request;
    const said: Echo = { pod, port, method, host: headers.host ?? '', target: url };
    request.resume();
    answer.setHeader('Content-Type', 'application/json');
    answer.end(JSON.stringify(said));
  });
