import { existsSync, readFileSync } from 'node:fs';

/** One call as the API server's audit log tells it. */
export interface AuditEntry {
  readonly auditID: string;
  /** A watch is told when it starts and when it ends. */
  readonly stage: 'ResponseStarted' | 'ResponseComplete' | 'Panic';
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly userAgent: string;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code: number };
  /** Of calls that write. */
  readonly requestObject?: unknown;
  readonly requestReceivedTimestamp: string;
}

export function readAudit(file: string): readonly AuditEntry[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  // The last line may still be on its way.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditEntry);
}
