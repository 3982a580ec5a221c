/**
 * A program of its own, to be run in a network namespace of its own (`unshare --net`): one of three shards leaves while
 * connections wait in its accept queue. Prints what became of 100 connections as one line of JSON. Its one argument is
 * the value for net.ipv4.tcp_migrate_req.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { systemClock } from '../../src/base/clock.ts';
import { systemDice } from '../../src/base/dice.ts';
import { Supervisor } from '../../src/control/shards/supervisor.ts';
import type { ShardSettings } from '../../src/model/shard-settings.ts';
import { silentLog } from '../../src/observe/log.ts';
import { gatherWord, ShardScript } from './shard-script.ts';

const COUNT = 100;
const HUNG_MS = 5_000;

execFileSync('ip', ['link', 'set', 'lo', 'up']);
writeFileSync('/proc/sys/net/ipv4/tcp_migrate_req', process.argv[2]);

const script = new ShardScript();
const supervisor = new Supervisor({
  count: 3,
  listeners: [
    { name: 'http', address: '0.0.0.0', port: 0, engine: 'node', proxyProtocol: 'off', proxyProtocolFrom: [] },
  ],
  settings: {} as ShardSettings,
  proxyName: 'komainu-test',
  clock: systemClock,
  dice: systemDice,
  log: silentLog,
  workerUrl: script.url,
});
const part = { generation: 1, bytes: new SharedArrayBuffer(8) };
supervisor.send({ generation: 1, routes: part, endpoints: part });
await supervisor.start();
script.command('0.0', 'gather');
await script.heard('0.0', 'gathering');

const sockets = await Promise.all(Array.from({ length: COUNT }, () => opened(supervisor.listeners[0].port)));
const endings = sockets.map(ending);
Atomics.store(supervisor.health, gatherWord, 1);
Atomics.notify(supervisor.health, gatherWord);
const counts = { answered: 0, reset: 0, hung: 0 };
for (const how of await Promise.all(endings)) counts[how]++;
process.stdout.write(`${JSON.stringify(counts)}\n`);
await supervisor.drain(0);
process.exit(0);

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('error', reject).once('connect', () => resolve(socket));
  });
}

function ending(socket: Socket): Promise<keyof typeof counts> {
  return new Promise((resolve) => {
    socket.removeAllListeners('error');
    socket.on('error', () => resolve('reset')).on('data', () => resolve('answered'));
    socket.setTimeout(HUNG_MS, () => resolve('hung'));
  });
}
