import { expect, test } from 'vitest';
import { errorEvent, refusedAnswer } from '../../../../../src/control/sources/kubernetes/setback.ts';

async function* bytes(text: string): AsyncGenerator<Buffer> {
  for (let at = 0; at < text.length; at += 7) yield Buffer.from(text.slice(at, at + 7));
}

const answer = (status: number, body: string, retryAfterMs?: number) =>
  refusedAnswer({ status, retryAfterMs, chunks: bytes(body) });

const tooLarge = { details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } };

test.each([
  [410, '{"message":"too old"}', 'expired', '410 too old'],
  [400, '{"message":"bad version"}', 'expired', '400 bad version'],
  [504, JSON.stringify(tooLarge), 'expired', '504 without a message'],
  [
    504,
    '{"message":"Too large resource version: 9, current: 3"}',
    'expired',
    '504 Too large resource version: 9, current: 3',
  ],
  [504, '{"message":"timeout"}', 'failed', '504 timeout'],
  [404, '404 page not found', 'absent', '404 without a message'],
  [403, '{"message":"no"}', 'forbidden', '403 no'],
  [401, '{}', 'failed', '401 without a message'],
  [429, 'null', 'failed', '429 without a message'],
  [500, '[1]', 'failed', '500 without a message'],
])('%i %s is %s', async (status, body, kind, message) => {
  expect(await answer(status, body)).toMatchObject({ kind, message });
});

test('the pause that the server asks for goes along', async () => {
  expect(await answer(429, '{}', 7000)).toMatchObject({ retryAfterMs: 7000 });
  expect(errorEvent({ code: 429, details: { retryAfterSeconds: 3 } })).toMatchObject({
    kind: 'failed',
    retryAfterMs: 3000,
  });
});

test.each([
  [1e9, 300_000],
  [-5, 0],
])('an ERROR event that asks for a pause of %d s is waited for %d ms', (retryAfterSeconds, ms) => {
  expect(errorEvent({ code: 429, details: { retryAfterSeconds } })).toMatchObject({ retryAfterMs: ms });
});

test.each([
  [{ code: 410, message: 'old' }, 'expired'],
  [{ code: 500, reason: 'Expired' }, 'expired'],
  [{ code: 504, ...tooLarge }, 'expired'],
  [{ code: 500 }, 'failed'],
  [{ code: 404 }, 'failed'],
  [{ details: null }, 'failed'],
  [{ details: { causes: [null] } }, 'failed'],
  [null, 'failed'],
  ['text', 'failed'],
])('an ERROR event with %j is %s', (object, kind) => {
  expect(errorEvent(object).kind).toBe(kind);
});

test('a refusal that does not end is not read to its end', async () => {
  const setback = await answer(500, 'x'.repeat(1 << 20));
  expect(setback.message).toBe('500 without a message');
});

test('long messages are cut', async () => {
  expect((await answer(500, JSON.stringify({ message: 'x'.repeat(1000) }))).message.length).toBe(304);
});
