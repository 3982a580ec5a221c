interface FailurePolicy {
  readonly side: 'downstream' | 'proxy' | 'upstream';
  /** What the client is told; 0 where nobody is left to answer. */
  readonly status: number;
  /** `safe`: nothing reached an endpoint. `if-reused`: a pooled connection was stale and the method is idempotent. */
  readonly retry: 'never' | 'safe' | 'if-reused';
}

/** Every way an exchange can fail, once; status, retry and blame are decided here and nowhere else. */
export const failures = {
  'request-malformed': { side: 'downstream', status: 400, retry: 'never' },
  'request-timeout': { side: 'downstream', status: 408, retry: 'never' },
  'body-too-large': { side: 'downstream', status: 413, retry: 'never' },
  'target-too-long': { side: 'downstream', status: 414, retry: 'never' },
  'expectation-unknown': { side: 'downstream', status: 417, retry: 'never' },
  'head-too-large': { side: 'downstream', status: 431, retry: 'never' },
  'method-refused': { side: 'downstream', status: 405, retry: 'never' },
  'method-unknown': { side: 'downstream', status: 501, retry: 'never' },
  'version-unsupported': { side: 'downstream', status: 505, retry: 'never' },
  'client-gone': { side: 'downstream', status: 0, retry: 'never' },
  'client-too-slow': { side: 'downstream', status: 408, retry: 'never' },
  'proxy-header-refused': { side: 'downstream', status: 0, retry: 'never' },
  'route-not-found': { side: 'proxy', status: 404, retry: 'never' },
  'no-endpoint': { side: 'proxy', status: 503, retry: 'never' },
  'loop-detected': { side: 'proxy', status: 508, retry: 'never' },
  'upstream-busy': { side: 'proxy', status: 503, retry: 'never' },
  'shard-failed': { side: 'proxy', status: 500, retry: 'never' },
  'upstream-refused': { side: 'upstream', status: 502, retry: 'safe' },
  'upstream-connect-timeout': { side: 'upstream', status: 504, retry: 'safe' },
  'upstream-closed-early': { side: 'upstream', status: 502, retry: 'if-reused' },
  'upstream-malformed': { side: 'upstream', status: 502, retry: 'never' },
  'upstream-timeout': { side: 'upstream', status: 504, retry: 'never' },
} as const satisfies Record<string, FailurePolicy>;

export type FailureName = keyof typeof failures;

/** Fixed order: the index of a failure is the index of its counter in shared words. */
export const failureNames = Object.keys(failures) as readonly FailureName[];
