import type { Log } from '../observe/log.ts';
import type { FromShard } from './shard-messages.ts';

/** A shard's log: each line is a message to the main thread, which writes it with the number of the shard. */
export function messageLog(say: (message: FromShard) => void): Log {
  return {
    debug: (fields, message) => say({ type: 'log', level: 'debug', fields, message }),
    info: (fields, message) => say({ type: 'log', level: 'info', fields, message }),
    warn: (fields, message) => say({ type: 'log', level: 'warn', fields, message }),
    error: (fields, message) => say({ type: 'log', level: 'error', fields, message }),
  };
}
