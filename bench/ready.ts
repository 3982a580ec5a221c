import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Running } from './fleet.ts';

const READY_TIMEOUT_MS = 10_000;
const POLL_MS = 20;
const ATTEMPTS = 4;
const LAST_WORDS_MS = 500;

/** A loopback port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/**
 * Starts a program on a port that the kernel chose. nginx and haproxy cannot be told "any port", so another process
 * may take it in between: then the program ends at once and the next port is tried.
 */
export async function startOnFreePort(start: (port: number) => Running): Promise<{ running: Running; url: string }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const running = start(port);
    const url = `http://127.0.0.1:${port}/`;
    try {
      await untilAnswers(running, url);
      return { running, url };
    } catch (error) {
      if (attempt === ATTEMPTS || !/address already in use|cannot bind socket/i.test(running.said)) throw error;
    }
  }
}

/** Waits until `url` answers 200. Throws with the program's last words when it ends first or takes too long. */
export async function untilAnswers(running: Running, url: string): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    if (running.isEnded) throw await lastWords(running);
    if (await answers(url)) return;
    if (performance.now() > deadline)
      throw new Error(`${running.name} does not answer 200; it wrote:\n${running.said}`);
    await delay(POLL_MS);
  }
}

/** Its output may be held open by what it started, so what it wrote is not waited for without end. */
async function lastWords(running: Running): Promise<Error> {
  const how = await Promise.race([running.ended, delay(LAST_WORDS_MS, 'ended')]);
  return new Error(`${running.name} ${how}; it wrote:\n${running.said}`);
}

async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(READY_TIMEOUT_MS) });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false; // not listening yet
  }
}
