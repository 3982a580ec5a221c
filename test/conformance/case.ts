/**
 * The words the tables of cases are written in. All texts are Latin-1, one character a byte.
 *
 * What Komainu writes of itself (Host, X-Forwarded-*, X-Real-IP, Connection, Transfer-Encoding, Date) stands in no
 * table: `judging.ts` has the rule for each, and holds every message against it.
 */

/** What the backend must have seen of one request. */
export interface Seen {
  readonly line: string;
  /** Empty: the client named none, so the endpoint's own address stands there. */
  readonly host?: string;
  /** The header lines that go on, exactly and in this order. */
  readonly lines?: readonly string[];
  readonly body?: string;
  readonly framing?: 'none' | 'length' | 'chunked';
  readonly trailers?: readonly string[];
  /** `TE: trailers` goes on. */
  readonly te?: true;
  /** Value of the Upgrade line that goes on. */
  readonly upgrade?: string;
  /** The route for `/admin` of `routes.test` took it. */
  readonly admin?: true;
}

interface Case {
  readonly intent: string;
  /** `9112, 3.2` is RFC 9112, section 3.2; `ours` is a promise that no RFC makes. */
  readonly rfc: string;
}

/**
 * The client says these bytes, and more behind them where something is refused. It gets one 200 for each request that
 * the backend sees, then the refusal; what follows is as `closes` says, by default: closed after a refusal, else kept.
 */
export interface RequestCase extends Case {
  readonly says: string;
  readonly sees?: readonly Seen[];
  /** The status of an answer of our own behind those of the backend. */
  readonly refused?: number;
  /** Like `refused`, but the head was in order: the backend may see a request, and never sees one that is whole. */
  readonly broken?: number;
  readonly closes?: true;
  /** Value of the Connection line in the last answer; by default `close` where it closes, and none where not. */
  readonly connection?: string;
  /** The answer of our own is JSON. */
  readonly json?: true;
  /** The client ends its direction behind these bytes. */
  readonly ends?: true;
  /** Too long to be cut at every byte. */
  readonly whole?: true;
}

/** What the client must get as the final answer. */
export interface Got {
  /** As in the status line: `200 OK`. */
  readonly status: string;
  readonly lines?: readonly string[];
  readonly body?: string;
  readonly framing?: 'none' | 'length' | 'chunked' | 'until-close';
  readonly trailers?: readonly string[];
  /** The backend's own Date, kept. */
  readonly date?: string;
  /** Heads before it: the status line, then the header lines. */
  readonly interim?: readonly (readonly string[])[];
  /** Fewer bytes than were promised, and then the end of the connection, never in order. */
  readonly cut?: true;
}

/** The backend answers the one request of the client with these bytes. */
export interface AnswerCase extends Case {
  /** `GET / HTTP/1.1` with a Host when left out. */
  readonly asks?: string;
  readonly says: string;
  /**
   * Said in one breath with the last of them. (Who says it later is either heard on an idle connection, and that is given
   * up, or taken for the next answer: HTTP/1 has no other way to tell.)
   */
  readonly surplus?: string;
  /** What it says when the client has got the body so far. */
  readonly later?: string;
  /** The backend ends its direction behind them. */
  readonly ends?: true;
  /** Left out: the answer is malformed, and the client gets a 502. */
  readonly gets?: Got;
  /** That is JSON. */
  readonly json?: true;
  /** The connection of the client is not kept. */
  readonly closes?: true;
  /** The upstream connection takes no other request. */
  readonly spent?: true;
  /** Too long to be cut at every byte. */
  readonly whole?: true;
}

/** A head of these lines. */
export const head = (...lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`;

/** GET / with these lines behind the Host line. */
export const get = (...lines: readonly string[]): string => head('GET / HTTP/1.1', 'Host: a.test', ...lines);

export const post = (...lines: readonly string[]): string => head('POST / HTTP/1.1', 'Host: a.test', ...lines);

/** GET of a target. */
export const target = (text: string): string => head(`GET ${text} HTTP/1.1`, 'Host: a.test');

/** 200 with these lines. */
export const ok = (...lines: readonly string[]): string => head('HTTP/1.1 200 OK', ...lines);
