import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../bench/programs.ts';
import { headersOf } from './message.ts';
import { type RecordedRequest, RequestRecorder } from './request-recorder.ts';
import { waitUntil } from './wait-until.ts';

/** A server program that stands behind the proxy under test and in front of a backend. */
export interface HopKind {
  readonly name: string;
  command(program: string, folder: string): readonly string[];
  config(folder: string, backendPort: number): string;
}

const nginx: HopKind = {
  name: 'nginx',
  command: (program, folder) => [program, '-p', folder, '-e', 'stderr', '-c', join(folder, 'config')],
  // Its own reading of a request is left as it comes; only sizes are lifted and keep-alive is kept.
  config: (folder, backendPort) => `daemon off;
pid ${folder}/pid;
worker_processes 1;
error_log stderr info;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream backend { server 127.0.0.1:${backendPort}; keepalive 64; }
  server {
    listen unix:${socketIn(folder)};
    location / {
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
    }
  }
}
`,
};

const haproxy: HopKind = {
  name: 'haproxy',
  command: (program, folder) => [program, '-db', '-f', join(folder, 'config')],
  config: (folder, backendPort) => `global
  nbthread 1
  maxconn 2000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend front
  bind unix@${socketIn(folder)}
  default_backend back
backend back
  server only 127.0.0.1:${backendPort}
`,
};

export const hopKinds: readonly HopKind[] = [nginx, haproxy];

const socketIn = (folder: string) => join(folder, 'socket');

/** Undefined where the program is not installed. */
export const programOf = ({ name }: HopKind): string | undefined => findProgram(name);

/**
 * The program, and a tap in front of it: bytes pass the tap untouched both ways, and what is asked is read on the way.
 *
 *   proxy under test ──► tap ──► nginx or haproxy ──► backend
 */
export class NextHop {
  /** What the tap could not read as a request, or nobody's. */
  readonly faults: string[] = [];
  /** Whole requests, by the address that the proxy says the client has. */
  readonly asked = new Map<string, RecordedRequest[]>();
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #said = '';

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    for (const stream of [child.stdout, child.stderr]) {
      stream!.on('data', (bytes) => {
        this.#said = (this.#said + bytes).slice(-4000);
      });
    }
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#pass(socket));
  }

  static async start(kind: HopKind, program: string, backendPort: number): Promise<NextHop> {
    const folder = mkdtempSync(join(tmpdir(), `komainu-${kind.name}-`));
    writeFileSync(join(folder, 'config'), kind.config(folder, backendPort));
    const [file, ...words] = kind.command(program, folder);
    const hop = new NextHop(spawn(file!, words, { stdio: ['ignore', 'pipe', 'pipe'] }), folder);
    await waitUntil(`${kind.name} listens`, () => existsSync(socketIn(folder)) || hop.#child.exitCode !== null, {
      state: () => hop.said,
    });
    await new Promise<void>((resolve) => hop.#server.listen(0, '127.0.0.1', 4096, resolve));
    return hop;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The last that the program wrote. */
  get said(): string {
    return this.#said;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.exitCode === null && this.#child.kill('SIGTERM')) await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #pass(socket: Socket): void {
    const onward = connect({ path: socketIn(this.#folder), allowHalfOpen: true });
    const recorder = new RequestRecorder({ head: () => {}, whole: (request) => this.#ask(request) });
    socket.on('data', (bytes) => {
      onward.write(bytes);
      try {
        recorder.feed(bytes.toString('latin1'));
      } catch (error) {
        this.faults.push(`${(error as Error).message}; the tap holds ${JSON.stringify(recorder.held)}`);
        socket.destroy();
      }
    });
    onward.on('data', (bytes) => socket.write(bytes));
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      this.#sockets.add(one);
      one.on('end', () => other.end());
      one.on('error', () => {});
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroySoon();
      });
    }
  }

  #ask(request: RecordedRequest): void {
    const address = headersOf(request.headers, 'x-real-ip')[0] ?? '';
    const list = this.asked.get(address);
    if (list === undefined) this.faults.push(`nobody asks ${JSON.stringify([request.line, ...request.lines])}`);
    else list.push(request);
  }
}
