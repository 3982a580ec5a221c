import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
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

export interface Load {
  /** The path of wrk. */
  readonly program: string;
  readonly connections: number;
  readonly signal: AbortSignal;
}

/** One closed-loop run from one thread. Throws when wrk cannot connect, and when the signal aborts. */
export async function runLoad(load: Load, url: string, seconds: number): Promise<WrkReport> {
  const headers = requestHeaders.flatMap((line) => ['-H', line]);
  const shape = ['--latency', '-t', '1', '-c', String(load.connections), '-d', `${seconds}s`, '--timeout', '5s'];
  const { stdout } = await promisify(execFile)(load.program, [...shape, ...headers, url], {
    signal: load.signal,
    timeout: (seconds + 30) * 1000,
  });
  return parseWrkReport(stdout);
}
