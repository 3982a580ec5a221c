import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Route, routesOf } from './routes.ts';
import { BODY_WORD, type Scenario } from './scenarios.ts';
import { parseWrkReport, type WrkReport } from './wrk-report.ts';

/** With Host 8 header lines, as long as a browser's. */
export const requestHeaders: readonly string[] = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
  'Accept-Language: en-GB,en-US;q=0.9,en;q=0.8,ja;q=0.7',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Referer: http://shop.example.test/catalogue/guardians/stone?page=2&sort=newest',
  'Cookie: session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; consent=necessary%2Cstatistics; visitor=c9f0f895fb98ab91',
  'Cache-Control: max-age=0',
];

/** A prime, so that every host has its turn. */
const HOST_STEP = 617;

export interface Load {
  /** The path of wrk. */
  readonly program: string;
  readonly scenario: Scenario;
  /** Holds the script that tells wrk what a command line cannot. */
  readonly folder: string;
  readonly connections: number;
  readonly signal: AbortSignal;
}

/** One closed-loop run from one thread at the proxy on `url`. Throws when wrk cannot connect, and when the signal aborts. */
export async function runLoad(load: Load, url: string, seconds: number): Promise<WrkReport> {
  const script = join(load.folder, `${load.scenario.name}.lua`);
  writeFileSync(script, scriptOf(load.scenario));
  const headers = requestHeaders.flatMap((line) => ['-H', line]);
  const shape = ['--latency', '-t', '1', '-c', String(load.connections), '-d', `${seconds}s`, '--timeout', '5s'];
  const target = new URL(load.scenario.path, url).href;
  const { stdout } = await promisify(execFile)(load.program, [...shape, '-s', script, ...headers, target], {
    signal: load.signal,
    timeout: (seconds + 30) * 1000,
  });
  return parseWrkReport(stdout);
}

/** wrk makes its requests once, before the run; `Content-Length` is its own. */
export function scriptOf({ method, bodyBytes, hosts, closes }: Scenario): string {
  const lines = [`wrk.method = "${method}"`];
  if (closes) lines.push('wrk.headers["Connection"] = "close"');
  if (bodyBytes > 0) {
    lines.push('wrk.headers["Content-Type"] = "application/octet-stream"');
    lines.push(`wrk.body = string.rep("${BODY_WORD}", ${bodyBytes / BODY_WORD.length})`);
  }
  if (hosts > 0) lines.push(hostScript(routesOf(hosts)));
  return `${lines.join('\n')}\n`;
}

/** All hosts in turn, in steps so that neighbours in a table are not asked one after the other. */
function hostScript(routes: readonly Route[]): string {
  return `local hosts = { ${routes.map(({ host }) => `"${host}"`).join(', ')} }
local requests, at = {}, 0
function init()
  for index, host in ipairs(hosts) do
    wrk.headers["Host"] = host
    requests[index] = wrk.format()
  end
end
function request()
  at = (at + ${HOST_STEP}) % #requests
  return requests[at + 1]
end`;
}
