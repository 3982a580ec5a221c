import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nginxConfig } from './backend.ts';
import type { Fleet } from './fleet.ts';
import type { Contestant, PeerPlan } from './peer.ts';
import { startOnFreePort } from './ready.ts';

export async function startNginx(fleet: Fleet, plan: PeerPlan): Promise<Contestant> {
  mkdirSync(plan.folder, { recursive: true });
  const file = join(plan.folder, 'nginx.conf');
  const started = await startOnFreePort((port) => {
    writeFileSync(file, nginxConfig(plan.folder, plan.workers, proxies(port, plan)));
    return fleet.start('nginx', [plan.program, '-p', plan.folder, '-e', 'stderr', '-c', file]);
  });
  return { name: 'nginx', version: plan.version, ...started };
}

/** The server for any other host comes first, so it is nginx's default. */
function proxies(port: number, { backendPort, routes }: PeerPlan): string {
  const each = routes.flatMap(({ host, address }) => [
    upstream(host, `${address}:${backendPort}`, 16),
    server(`listen 127.0.0.1:${port}; server_name ${host};`, host),
  ]);
  return [
    '  server_names_hash_max_size 16384;',
    upstream('backend', `127.0.0.1:${backendPort}`, 128),
    server(`listen 127.0.0.1:${port} backlog=4096 reuseport;`, 'backend'),
    ...each,
  ].join('\n');
}

/** `keepalive`: idle connections that are kept to it. */
function upstream(name: string, address: string, keepalive: number): string {
  return `  upstream ${name} {
    server ${address};
    keepalive ${keepalive};
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
  }`;
}

function server(listen: string, upstreamName: string): string {
  return `  server {
    ${listen}
    location / {
      proxy_pass http://${upstreamName};
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
