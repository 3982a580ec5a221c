import { pino } from 'pino';
import type { Log, LogLevel } from './log.ts';

/**
 * Events as JSON lines on standard error: `{"level":"info","time":"2026-01-01T00:00:00.000Z","pid":7,…,"msg":"serving"}`.
 * Each line is written before the call returns, so the last words of a process that ends are not lost; a reader that
 * has gone away is ignored.
 */
export function createLog(level: LogLevel, destination: pino.DestinationStream = standardError()): Log {
  const options: pino.LoggerOptions = {
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  return pino(options, destination);
}

const standardError = (): pino.DestinationStream => pino.destination({ dest: 2, sync: true });
