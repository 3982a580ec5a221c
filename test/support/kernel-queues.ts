import { readFileSync } from 'node:fs';

/** The two ports of a connection on one machine. */
export type PortPair = readonly [number, number];

/**
 * Bytes that the kernel holds for these connections, both ends and both directions taken together (proc(5),
 * `/proc/net/tcp`). Exact while nothing moves: what is acknowledged is counted where it waits to be read, what is not
 * where it waits to be sent.
 */
export function kernelQueuedBytes(connections: readonly PortPair[]): number {
  const wanted = new Set(connections.flatMap(([one, other]) => [`${one} ${other}`, `${other} ${one}`]));
  let sum = 0;
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readFileSync(table, 'latin1').split('\n').slice(1, -1)) {
      const [, local, remote, , queues] = line.trim().split(/\s+/);
      if (!wanted.has(`${portOf(local)} ${portOf(remote)}`)) continue;
      const [toSend, toRead] = queues.split(':');
      sum += Number.parseInt(toSend, 16) + Number.parseInt(toRead, 16);
    }
  }
  return sum;
}

const portOf = (address: string): number => Number.parseInt(address.slice(address.lastIndexOf(':') + 1), 16);
