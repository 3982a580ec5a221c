import { Lane } from './lane.ts';
import { requestHeaders } from './load.ts';

/** Kept connections, each after one request. */
export class IdleConnections {
  readonly #lanes: Lane[] = [];
  readonly #buffer = Buffer.allocUnsafe(65_536);
  #lost = 0;

  /** How many have ended by themselves. */
  get lost(): number {
    return this.#lost;
  }

  /** Opens so many, a few at a time. Throws when one gets no 200; a program that may open too few files refuses some. */
  async open(url: string, count: number, atOnce = 32): Promise<void> {
    const { hostname, port, host, pathname } = new URL(url);
    const request = Buffer.from([`GET ${pathname} HTTP/1.1`, `Host: ${host}`, ...requestHeaders, '', ''].join('\r\n'));
    const target = { host: hostname, port: Number(port) };
    let left = count;
    const openSome = async (): Promise<void> => {
      while (left-- > 0) await this.#openOne(target, request);
    };
    await Promise.all(Array.from({ length: atOnce }, openSome));
  }

  close(): void {
    for (const lane of this.#lanes) lane.close();
  }

  #openOne(target: { readonly host: string; readonly port: number }, request: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      let isAsked = false;
      const lane = new Lane(target, this.#buffer, {
        free: (one) => {
          if (!isAsked) one.send(0, request);
          isAsked = true;
        },
        settled: (_, isAnswered) => (isAnswered ? resolve() : fail()),
        lost: () => {
          this.#lost += 1;
          fail();
        },
      });
      const number = this.#lanes.push(lane);
      const fail = (): void => reject(new Error(`connection ${number} to ${target.port} got no 200 (see ulimit -n)`));
    });
  }
}
