import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { startEchoBackend } from '../../../src/cli/echo-backend.ts';

test('the echo backend answers with what it received', async () => {
  const echo = await startEchoBackend(0);
  try {
    const url = `http://127.0.0.1:${echo.port}/x?y=1`;
    const answer = await fetch(url, { method: 'POST', body: 'hello', headers: { 'x-mine': '1' } });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      method: 'POST',
      url: '/x?y=1',
      bodyBytes: 5,
      headers: { 'x-mine': '1' },
    });
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  } finally {
    await echo.close();
  }
});

test('a port that is taken rejects with the reason of the system', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  try {
    await expect(startEchoBackend((other.address() as AddressInfo).port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  } finally {
    other.close();
  }
});
