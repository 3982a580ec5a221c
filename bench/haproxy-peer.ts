import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fleet } from './fleet.ts';
import type { Contestant, PeerPlan } from './peer.ts';
import { startOnFreePort } from './ready.ts';

export async function startHaproxy(fleet: Fleet, plan: PeerPlan): Promise<Contestant> {
  mkdirSync(plan.folder, { recursive: true });
  const file = join(plan.folder, 'haproxy.cfg');
  writeFileSync(mapFileOf(plan), plan.routes.map(({ host }) => `${host} ${host}\n`).join(''));
  const started = await startOnFreePort((port) => {
    writeFileSync(file, configOf(port, plan));
    return fleet.start('haproxy', [plan.program, '-db', '-f', file]);
  });
  return { name: 'haproxy', version: plan.version, ...started };
}

function configOf(port: number, plan: PeerPlan): string {
  const { workers, backendPort, routes } = plan;
  const choice = routes.length === 0 ? [] : [`  use_backend %[req.hdr(host),lower,map_str(${mapFileOf(plan)},back)]`];
  return [
    `global
  nbthread ${workers}
  maxconn 8000
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend front
  bind 127.0.0.1:${port} backlog 4096
  option forwardfor
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request set-header X-Real-IP %[src]`,
    ...choice,
    '  default_backend back',
    backend('back', `127.0.0.1:${backendPort}`),
    ...routes.map(({ host, address }) => backend(host, `${address}:${backendPort}`)),
    '',
  ].join('\n');
}

function backend(name: string, address: string): string {
  return `backend ${name}\n  server only ${address}`;
}

/** host → backend, one line each. */
function mapFileOf(plan: PeerPlan): string {
  return join(plan.folder, 'hosts.map');
}
