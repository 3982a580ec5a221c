import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nudgePorts } from '../../../../src/control/shards/port-nudge.ts';
import { waitUntil } from '../../../support/wait-until.ts';

const program = join(import.meta.dirname, '../../../support/queued-connections.ts');

/** The switch belongs to a network namespace, and one of its own needs rights that not every machine gives. */
const ownNetwork = spawnSync('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up']).status === 0;
const without = ownNetwork ? '' : ' (skipped: no network namespace of its own here)';

function queued(migrate: '0' | '1'): { answered: number; reset: number; hung: number } {
  const words = ['--net', process.execPath, '--disable-warning=ExperimentalWarning', program, migrate];
  const { stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8' });
  expect(stdout, stderr).not.toBe('');
  return JSON.parse(stdout);
}

test.skipIf(!ownNetwork)(`with tcp_migrate_req no queued connection is lost when a shard leaves${without}`, () => {
  expect(queued('1')).toEqual({ answered: 100, reset: 0, hung: 0 });
});

test.skipIf(!ownNetwork)(
  `without tcp_migrate_req those in the queue of the shard are reset, no other${without}`,
  () => {
    const { answered, reset, hung } = queued('0');
    expect(hung).toBe(0);
    expect(reset).toBeGreaterThan(0);
    expect(answered + reset).toBe(100);
  },
);

test('each port gets connections that are closed again, wildcards through loopback', async () => {
  let taken = 0;
  const server = createServer((socket) => {
    taken++;
    socket.on('error', () => {}).resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const { port } = server.address() as { port: number };
  await nudgePorts(
    [{ name: 'http', address: '0.0.0.0', port, engine: 'node', proxyProtocol: 'off', proxyProtocolFrom: [] }],
    2,
  );
  await waitUntil('12 connections for each of 2 shards', () => taken >= 24);
  await new Promise<void>((resolve) => server.close(() => resolve())); // once every connection is closed
});

test('a port that nobody serves any more is nobody’s problem', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await nudgePorts(
    [{ name: 'http', address: '127.0.0.1', port, engine: 'node', proxyProtocol: 'off', proxyProtocolFrom: [] }],
    1,
  );
});
