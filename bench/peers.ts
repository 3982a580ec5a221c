import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nginxConfig } from './backend.ts';
import type { Fleet, Running } from './fleet.ts';
import { startOnFreePort } from './ready.ts';

/** A proxy under measurement: where to send load, and the program whose process tree is counted. */
export interface Contestant {
  readonly name: string;
  readonly version: string;
  readonly running: Running;
  readonly url: string;
}

export interface PeerPlan {
  readonly program: string;
  readonly version: string;
  readonly workers: number;
  readonly backendPort: number;
  /** For its configuration; made when missing. */
  readonly folder: string;
}

export async function startNginx(fleet: Fleet, plan: PeerPlan): Promise<Contestant> {
  mkdirSync(plan.folder, { recursive: true });
  const file = join(plan.folder, 'nginx.conf');
  const started = await startOnFreePort((port) => {
    writeFileSync(file, nginxConfig(plan.folder, plan.workers, nginxProxy(port, plan)));
    return fleet.start('nginx', [plan.program, '-p', plan.folder, '-e', 'stderr', '-c', file]);
  });
  return { name: 'nginx', version: plan.version, ...started };
}

export async function startHaproxy(fleet: Fleet, plan: PeerPlan): Promise<Contestant> {
  mkdirSync(plan.folder, { recursive: true });
  const file = join(plan.folder, 'haproxy.cfg');
  const started = await startOnFreePort((port) => {
    writeFileSync(file, haproxyConfig(port, plan));
    return fleet.start('haproxy', [plan.program, '-db', '-f', file]);
  });
  return { name: 'haproxy', version: plan.version, ...started };
}

function nginxProxy(port: number, plan: PeerPlan): string {
  return `  upstream backend {
    server 127.0.0.1:${plan.backendPort};
    keepalive 128;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096 reuseport;
    location / {
      proxy_pass http://backend;
      proxy_http_version 1.1;
      client_body_buffer_size 64k;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Port $server_port;
      proxy_set_header X-Real-IP $remote_addr;
    }
  }`;
}

function haproxyConfig(port: number, plan: PeerPlan): string {
  return `global
  nbthread ${plan.workers}
  maxconn 4096
defaults
  mode http
  option http-keep-alive
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend front
  bind 127.0.0.1:${port} backlog 4096
  option forwardfor
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request set-header X-Real-IP %[src]
  default_backend back
backend back
  http-reuse always
  server only 127.0.0.1:${plan.backendPort}
`;
}
