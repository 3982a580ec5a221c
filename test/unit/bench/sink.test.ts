import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Backend, countsBetween, readCounts, startBackend } from '../../../bench/backend.ts';
import { Fleet } from '../../../bench/fleet.ts';
import { bodyOf, type Scenario, scenarios } from '../../../bench/scenarios.ts';

const posting = scenarios.find(({ method }) => method === 'POST') as Scenario;

async function post(backend: Backend, body: string): Promise<number> {
  return (await fetch(backend.url, { method: 'POST', body })).status;
}

test('the backend counts a POST when all of its body has come, and only then', async () => {
  const fleet = new Fleet();
  try {
    const backend = await startBackend(fleet, '/no/nginx', join(import.meta.dirname), posting);
    const body = bodyOf(posting.bodyBytes);
    const before = await readCounts(backend);
    expect(await post(backend, body)).toBe(200);
    expect(await post(backend, body)).toBe(200);
    expect(await post(backend, body.slice(8))).toBe(400);
    expect(await post(backend, body.replace('k', 'K'))).toBe(400);
    expect(countsBetween(before, await readCounts(backend))).toMatchObject({ requests: 2 });
  } finally {
    await fleet.endAll();
  }
});
