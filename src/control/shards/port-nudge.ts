import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Listener } from '../../model/shard-settings.ts';

/** The kernel chooses a queue by hash: with 12 connections a shard, one queue in 160,000 is left out. */
const CONNECTIONS_PER_SHARD = 12;
const AT_ONCE = 16;
const CONNECT_LIMIT_MS = 1_000;

/** Whether connections that wait in a queue move to another listener when theirs is closed (Linux 5.14). */
export function migratesQueued(): boolean {
  try {
    return readFileSync('/proc/sys/net/ipv4/tcp_migrate_req', 'utf8').trim() === '1';
  } catch {
    return false;
  }
}

/**
 * Wakes the accept queues of the shards that serve. On some kernels the connections that were moved there wake nobody
 * and are found only when one more arrives; so a few connections are opened to each port and closed again. They count
 * as connections in the metrics.
 */
export async function nudgePorts(listeners: readonly Listener[], shards: number): Promise<void> {
  for (const { address, port } of listeners) {
    for (let opened = 0; opened < shards * CONNECTIONS_PER_SHARD; opened += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, () => touch(reachable(address), port)));
    }
  }
}

/** Wildcards are reached through loopback; a listener on `::` takes IPv4 as well. */
const reachable = (address: string): string => (address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address);

function touch(host: string, port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.setTimeout(CONNECT_LIMIT_MS, () => socket.destroy());
    socket.once('connect', () => socket.destroy());
    socket.on('error', () => {}); // a port that nobody serves now has nobody to wake
    socket.once('close', () => resolve());
  });
}
