/** One call to the API server, JSON both ways. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the server's address, names already encoded: `/api/v1/namespaces/shop/services/web`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** `application/json` where nothing is said; server-side apply is `application/apply-patch+yaml`. */
  readonly contentType?: string;
  /** For the whole call; 30 s where nothing is said. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Any status that the server gave, refusals too. */
export interface ApiAnswer {
  readonly status: number;
  /** undefined where the answer was no JSON. */
  readonly body: unknown;
  /** From `Retry-After`. */
  readonly retryAfterMs: number | undefined;
}

/** An answer whose body is read as it comes. */
export interface ApiStream {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  /** Rejects with ApiUnreachable when the line is cut; leaving the loop, or the request's signal, closes the connection. */
  readonly chunks: AsyncIterable<Buffer>;
}

/** No answer: the server cannot be reached, the line was cut, the time is up, or credentials cannot be had. */
export class ApiUnreachable extends Error {
  override readonly name = 'ApiUnreachable';
}

/** The API server of one cluster, as far as the rest of the main thread sees it. Both reject with ApiUnreachable. */
export interface ClusterApi {
  call(request: ApiRequest): Promise<ApiAnswer>;
  /** On a connection of its own; `timeoutMs` ends with the head of the answer. */
  stream(request: ApiRequest): Promise<ApiStream>;
}
