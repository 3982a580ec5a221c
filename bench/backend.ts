import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fleet, Running } from './fleet.ts';
import { startOnFreePort, untilAnswers } from './ready.ts';
import { type Route, routesOf } from './routes.ts';
import { bodyOf, KIB, type Scenario } from './scenarios.ts';

const SINK_START_TIMEOUT_MS = 10_000;

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

/** nginx; where the body of a request matters, a program of our own. */
export function startBackend(fleet: Fleet, nginx: string, folder: string, scenario: Scenario): Promise<Backend> {
  mkdirSync(folder, { recursive: true });
  return scenario.bodyBytes > 0
    ? startSink(fleet, scenario.bodyBytes)
    : startNginxBackend(fleet, nginx, folder, scenario);
}

async function startSink(fleet: Fleet, bodyBytes: number): Promise<Backend> {
  const program = join(import.meta.dirname, 'sink.ts');
  const running = fleet.start('backend', [process.execPath, program, String(bodyBytes)]);
  const port = await running.waitFor(parseListeningPort, SINK_START_TIMEOUT_MS);
  const url = `http://127.0.0.1:${port}/`;
  await untilAnswers(running, url);
  return { running, url, port };
}

export function parseListeningPort(line: string): number | undefined {
  const found = /^listening on (\d+)$/.exec(line);
  return found === null ? undefined : Number(found[1]);
}

async function startNginxBackend(fleet: Fleet, nginx: string, folder: string, { hosts }: Scenario): Promise<Backend> {
  writeFileSync(join(folder, '64k'), bodyOf(64 * KIB));
  const file = join(folder, 'nginx.conf');
  const { running, url } = await startOnFreePort((port) => {
    writeFileSync(file, nginxConfig(folder, 1, backendServer(port, folder, routesOf(hosts))));
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
events { worker_connections 8000; }
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

/**
 * 8 header lines: nginx's own five (Server, Date, Content-Type, Content-Length, Connection) and three of ours.
 * The 64 KiB come from a file, sent by the kernel.
 */
function backendServer(port: number, folder: string, routes: readonly Route[]): string {
  const forwarded = forwardedHeaders.map((name) => `${name}=$http_${name.toLowerCase().replaceAll('-', '_')}`);
  return `  default_type text/plain;
${ownAddresses(routes)}
  server {
${['127.0.0.1', ...routes.map(({ address }) => address)].map((address) => `    listen ${address}:${port} backlog=4096;`).join('\n')}
    if ($own_address != $server_addr) { return 421; }
    add_header Cache-Control "public, max-age=60, stale-while-revalidate=30";
    add_header ETag '"5f2b8c1e9a7d4036"';
    add_header Vary "Accept-Encoding";
    location / { return 200 "${bodyOf(KIB)}"; }
    location = /64k {
      root ${folder};
      sendfile on;
      tcp_nopush on;
      open_file_cache max=4;
      etag off;
      max_ranges 0;
      add_header Last-Modified "";
      add_header Cache-Control "public, max-age=60, stale-while-revalidate=30";
      add_header ETag '"5f2b8c1e9a7d4036"';
      add_header Vary "Accept-Encoding";
    }
    location = /counts { stub_status; }
    location = /forwarded { return 200 "${forwarded.join('\\n')}"; }
  }`;
}

/** Where each host's own backend is; any other host may come to any address. */
function ownAddresses(routes: readonly Route[]): string {
  const lines = routes.map(({ host, address }) => `    ${host} ${address};`);
  return `  map_hash_max_size 4096;
  map $host $own_address {
    default $server_addr;
${lines.join('\n')}
  }`;
}

/** What `/forwarded` says, from a request head as it came. */
export function forwardedPage(head: string): string {
  const values = new Map(
    head
      .split('\r\n')
      .slice(1)
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return forwardedHeaders.map((name) => `${name}=${values.get(name.toLowerCase()) ?? ''}`).join('\n');
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
