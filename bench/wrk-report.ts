/** What one run of `wrk --latency` says. */
export interface WrkReport {
  readonly requests: number;
  readonly seconds: number;
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly errors: LoadErrors;
}

export interface LoadErrors {
  readonly connect: number;
  readonly read: number;
  readonly write: number;
  readonly timeout: number;
  /** Answers with a status of 400 or more: wrk counts no others. */
  readonly status: number;
}

const secondsIn: Record<string, number> = { us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/** Throws when a figure is missing: half a report is none. */
export function parseWrkReport(text: string): WrkReport {
  const [requests, duration] = groups(text, /^\s*(\d+) requests in ([\d.]+\w+),/m, 'requests');
  const socket = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text);
  const [connect, read, write, timeout] = (socket ?? ['', 0, 0, 0, 0]).slice(1).map(Number);
  return {
    requests: Number(requests),
    seconds: parseSeconds(duration as string),
    requestsPerSecond: Number(groups(text, /^Requests\/sec:\s+([\d.]+)$/m, 'requests/s')[0]),
    p50Us: percentileUs(text, 50),
    p99Us: percentileUs(text, 99),
    errors: {
      connect: connect as number,
      read: read as number,
      write: write as number,
      timeout: timeout as number,
      status: Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0),
    },
  };
}

/** A time as wrk writes it (`635.91us`, `1.02ms`, `4.00s`, `1.50m`), in seconds. */
export function parseSeconds(text: string): number {
  const found = /^([\d.]+)(us|ms|s|m|h)$/.exec(text);
  if (found === null) throw new Error(`not a time of wrk: ${text}`);
  return Number(found[1]) * (secondsIn[found[2] as string] as number);
}

/** wrk writes two decimals of its unit: whole microseconds lose nothing that a reader could see. */
function percentileUs(text: string, percent: number): number {
  const [time] = groups(text, new RegExp(`^\\s+${percent}%\\s+(\\S+) *$`, 'm'), `p${percent}`);
  return Math.round(parseSeconds(time as string) * 1e6);
}

function groups(text: string, pattern: RegExp, what: string): string[] {
  const found = pattern.exec(text);
  if (found === null) throw new Error(`wrk did not say ${what}:\n${text}`);
  return found.slice(1);
}
