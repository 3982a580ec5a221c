import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { waitUntil } from './wait-until.ts';

/** Server programs that want a PROXY header on every connection, and answer with the ends that it named. */
export const proxiedServers = {
  nginx: {
    command: (program: string, folder: string) => [program, '-p', folder, '-e', 'stderr', '-c', join(folder, 'config')],
    config: (folder: string, port: number) => `daemon off;
pid ${folder}/pid;
worker_processes 1;
error_log stderr info;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${port} proxy_protocol;
    location / {
      return 200 "$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_addr $proxy_protocol_server_port";
    }
  }
}
`,
  },
  haproxy: {
    command: (program: string, folder: string) => [program, '-db', '-f', join(folder, 'config')],
    config: (_: string, port: number) => `defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend front
  bind 127.0.0.1:${port} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%[src] %[src_port] %[dst] %[dst_port]"
`,
  },
} as const;

/** One of them, on a port of 127.0.0.1. */
export class ProxiedServer {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #folder: string;
  #said = '';

  private constructor(port: number, child: ChildProcess, folder: string) {
    this.port = port;
    this.#child = child;
    this.#folder = folder;
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (bytes) => {
        this.#said = (this.#said + bytes).slice(-4000);
      });
    }
  }

  static async start(name: keyof typeof proxiedServers, program: string): Promise<ProxiedServer> {
    const folder = mkdtempSync(join(tmpdir(), 'komainu-proxied-'));
    const port = await freePort();
    const { command, config } = proxiedServers[name];
    writeFileSync(join(folder, 'config'), config(folder, port));
    const [file, ...words] = command(program, folder);
    const server = new ProxiedServer(port, spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'] }), folder);
    await waitUntil(`${name} listens`, () => accepts(port), { state: () => server.#said });
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.exitCode === null && this.#child.kill('SIGTERM')) await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
