import { createServer, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { busyText, claimPorts, PortBusyError } from '../../../src/control/ports.ts';

const listener = (address: string, port: number, name = 'http') =>
  ({ name, address, port, engine: 'node', proxyProtocol: 'off', proxyProtocolFrom: [] }) as const;

/** A stranger on a free port. */
async function stranger(address: string, reusePort = false) {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: address, port: 0, reusePort }, resolve));
  const { port } = server.address() as { port: number };
  return { port, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

test('a port that nobody has is claimed and let go again', async () => {
  const other = await stranger('127.0.0.1');
  const { port } = other;
  await other[Symbol.asyncDispose]();
  await claimPorts([listener('127.0.0.1', port)]);
  await claimPorts([listener('127.0.0.1', port), listener('0.0.0.0', port)]);
});

test('a port of another program is refused with one sentence', async () => {
  await using other = await stranger('127.0.0.1');
  const claim = claimPorts([listener('127.0.0.1', other.port)]);
  await expect(claim).rejects.toThrow(PortBusyError);
  await expect(claim).rejects.toThrow(
    `Port ${other.port} on 127.0.0.1 is in use by another program: stop that one, or choose another port with --http-port.`,
  );
});

test('a wildcard is refused where one address of it is taken, and an address where the wildcard is', async () => {
  await using one = await stranger('127.0.0.1');
  await expect(claimPorts([listener('0.0.0.0', one.port)])).rejects.toThrow(/in use/);
  await using all = await stranger('0.0.0.0');
  await expect(claimPorts([listener('127.0.0.1', all.port)])).rejects.toThrow(/in use/);
});

test('a program that shares its port would let us bind in silence, and is found all the same', async () => {
  await using other = await stranger('127.0.0.1', true);
  await expect(claimPorts([listener('127.0.0.1', other.port)])).rejects.toThrow(/in use/);
});

test('port 0 is nobody’s, whatever the address', async () => {
  await claimPorts([listener('192.0.2.1', 0)]);
});

test('an address that the machine does not have is said to be so', async () => {
  await expect(claimPorts([listener('192.0.2.1', 8080)])).rejects.toThrow(/does not have the address 192\.0\.2\.1/);
});

test('the sentence names what to turn: a flag for the usual listeners, the list for others', () => {
  expect(busyText(listener('::', 80), 'EACCES')).toMatch(/^Port 80 on :: needs more rights .* --http-port/);
  expect(busyText(listener('::', 443, 'https'), 'EADDRINUSE')).toMatch(/--https-port\.$/);
  expect(busyText(listener('::', 9090, 'admin'), 'EADDRINUSE')).toMatch(/--admin-port\.$/);
  expect(busyText(listener('::', 99, 'inner'), 'EADDRINUSE')).toMatch(/the port of "inner" under listeners\.$/);
  expect(busyText(listener('::', 99), 'EMFILE')).toBe('Port 99 on :: cannot be opened (EMFILE).');
});
