import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fleet, Running } from './fleet.ts';
import { startOnFreePort } from './ready.ts';

export const BODY_BYTES = 1024;

/** What the proxies add for the backend; the peers are told to send the same. */
export const forwardedHeaders = [
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Real-IP',
] as const;

export interface Backend {
  readonly running: Running;
  readonly port: number;
  readonly url: string;
}

/** Numbers of the backend since it started. */
export interface BackendCounts {
  readonly connections: number;
  readonly requests: number;
}

export async function startBackend(fleet: Fleet, nginx: string, folder: string): Promise<Backend> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'nginx.conf');
  const { running, url } = await startOnFreePort((port) => {
    writeFileSync(file, nginxConfig(folder, 1, backendServer(port)));
    return fleet.start('backend', [nginx, '-p', folder, '-e', 'stderr', '-c', file]);
  });
  return { running, url, port: Number(new URL(url).port) };
}

/** What backend and peer have in common: one foreground nginx without logs, and no file outside of `folder`. */
export function nginxConfig(folder: string, workers: number, http: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off;
pid ${folder}/nginx.pid;
error_log stderr warn;
worker_processes ${workers};
worker_rlimit_nofile 8192;
events { worker_connections 4096; }
http {
  access_log off;
  tcp_nodelay on;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
${temporary.map((name) => `  ${name}_temp_path ${folder}/${name};`).join('\n')}
${http}
}
`;
}

/** 8 header lines: nginx's own five (Server, Date, Content-Type, Content-Length, Connection) and three of ours. */
function backendServer(port: number): string {
  const forwarded = forwardedHeaders.map((name) => `${name}=$http_${name.toLowerCase().replaceAll('-', '_')}`);
  return `  default_type text/plain;
  server {
    listen 127.0.0.1:${port} backlog=4096 reuseport;
    location / {
      add_header Cache-Control "public, max-age=60, stale-while-revalidate=30";
      add_header ETag '"5f2b8c1e9a7d4036"';
      add_header Vary "Accept-Encoding";
      return 200 "${'komainu '.repeat(BODY_BYTES / 8)}";
    }
    location = /counts { stub_status; }
    location = /forwarded { return 200 "${forwarded.join('\\n')}"; }
  }`;
}

/** Reads nginx's stub_status page. Each look is itself one connection and one request. */
export async function readCounts(backend: Backend): Promise<BackendCounts> {
  const answer = await fetch(new URL('counts', backend.url), { headers: { connection: 'close' } });
  return parseCounts(await answer.text());
}

export function parseCounts(text: string): BackendCounts {
  const found = /^\s*(\d+)\s+(\d+)\s+(\d+)\s*$/m.exec(text);
  if (found === null) throw new Error(`not a stub_status page: ${text}`);
  return { connections: Number(found[1]), requests: Number(found[3]) };
}

/** What the backend saw between two looks, the second look itself left out. */
export function countsBetween(before: BackendCounts, after: BackendCounts): BackendCounts {
  return {
    connections: after.connections - before.connections - 1,
    requests: after.requests - before.requests - 1,
  };
}
