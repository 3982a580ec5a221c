import { expect } from 'vitest';
import type { BackendConnection } from '../support/recording-backend.ts';
import { waitUntil } from '../support/wait-until.ts';
import type { TunnelCase } from './cases/tunnels.ts';
import { judgeClosed, linesOf } from './judging.ts';
import type { ConformanceStage, Guest } from './stage.ts';

/** One client that asks for another protocol, and gets it. */
export class TunnelVisit {
  readonly #case: TunnelCase;
  readonly #stage: ConformanceStage;
  readonly #guest: Guest;
  #upstream: BackendConnection | undefined;

  private constructor(stage: ConformanceStage, guest: Guest, one: TunnelCase) {
    this.#stage = stage;
    this.#guest = guest;
    this.#case = one;
  }

  /** Asks, and says early what the case has. */
  static async open(stage: ConformanceStage, one: TunnelCase): Promise<TunnelVisit> {
    let visit: TunnelVisit;
    const guest = await stage.invite({
      whole: ({ connection }) => {
        visit.#upstream = connection;
      },
    });
    visit = new TunnelVisit(stage, guest, one);
    await guest.client.write(one.asks + one.early);
    return visit;
  }

  get asked(): boolean {
    return this.#upstream !== undefined;
  }

  /** The shard has read all that the client said, and nothing of what it said early has gone on. */
  judgeEarly(): void {
    expect(this.#guest.visit.requests).toHaveLength(1);
    expect(this.#upstream!.held).toBe('');
  }

  /** The backend's answer and what stands right behind it, from `from` to `to`. */
  say(from: number, to: number): void {
    const { says, behind } = this.#case;
    this.#upstream!.tunnel = this.#guest.visit;
    this.#upstream!.socket.write((says + behind).slice(from, to), 'latin1');
  }

  async judge(): Promise<void> {
    const { early, behind, gets } = this.#case;
    const { client, visit } = this.#guest;
    for (const [start, ...lines] of gets) {
      const { raw } = await client.head();
      expect([raw.slice('HTTP/1.1 '.length, raw.indexOf('\r\n')), ...linesOf(raw)]).toEqual([start, ...lines]);
      if (start!.startsWith('101')) expect(raw).toMatch(/\r\nConnection: upgrade\r\n/);
    }
    // The end of the backend's answer and what it says back of the early bytes may cross each other.
    const first = (await client.stream.exactly(behind.length + early.length)).toString('latin1');
    expect([behind + early, early + behind]).toContain(first);
    await client.write('more');
    expect((await client.stream.exactly(4)).toString()).toBe('more');
    expect(visit.tunnelled).toBe(`${early}more`);
    client.end();
    await judgeClosed(client);
    await waitUntil('the upstream connection has ended', () => this.#upstream!.ended);
    this.#stage.dismiss(this.#guest);
  }
}
