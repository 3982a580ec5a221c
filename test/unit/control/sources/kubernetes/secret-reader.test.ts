import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { SecretReader } from '../../../../../src/control/sources/kubernetes/secret-reader.ts';
import { silentLog } from '../../../../../src/observe/log.ts';
import { middlingDice } from '../../../../support/fake-api/reflection.ts';
import { HandClock } from '../../../../support/hand-clock.ts';

test('a Secret that can never be read does not keep the others from being read again', async () => {
  const clock = new HandClock();
  let version = 1;
  const read: string[] = [];
  const call = async ({ path }: { readonly path: string }) => {
    const name = path.split('/').at(-1)!;
    if (name === 'bad') return { status: 500, body: { kind: 'Status' }, retryAfterMs: undefined };
    const metadata = { name, namespace: 'shop', uid: 'u', resourceVersion: String(version) };
    return { status: 200, body: { metadata, type: 'Opaque' }, retryAfterMs: undefined };
  };
  const reader = new SecretReader({
    ...{ api: { call }, clock, dice: middlingDice, log: silentLog, stirred: () => {} },
    read: ({ name }) => read.push(`${name} ${version}`),
  });
  for (const name of ['bad', 'a', 'b']) reader.want({ namespace: 'shop', name });
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 500) {
      clock.advance(500);
      await setImmediate();
    }
  };
  await pass(30_000);
  version = 2;
  await pass(60_000);
  expect(read.sort()).toEqual(['a 1', 'a 2', 'b 1', 'b 2']);
  expect(reader.report().synced).toBe(false);
  reader.stop();
});
