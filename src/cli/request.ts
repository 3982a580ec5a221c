import { RequestHead, readRequestHead } from '../data/http1/request-head.ts';

/** A request as the shards would read it, or why they would not. */
export type AskedRequest =
  | {
      readonly ok: true;
      readonly head: RequestHead;
      readonly method: string;
      readonly host: string;
      readonly path: string;
    }
  /** `refused`: it could be sent, and a shard would refuse it; else it is no request at all. */
  | { readonly ok: false; readonly problem: string; readonly refused: boolean };

/** Wide open: what a process refuses for its size depends on its settings, not on its routes. */
const limits = { headLimitBytes: 1_048_576, targetLimitBytes: 1_048_576, headerLimit: 1_000 };

const no = (problem: string, refused = false): AskedRequest => ({ ok: false, problem, refused });

/** `http://host:port/path?query`, `host/path` or `/path` → authority and target; undefined where it is none of them. */
function splitUrl(url: string): { authority: string; target: string } | undefined {
  const [, scheme, authority, target] = /^([a-z][a-z0-9+.-]*:\/\/)?([^/?#]*)([^#]*)/i.exec(url) ?? [];
  if (scheme !== undefined && !/^https?:\/\/$/i.test(scheme)) return undefined;
  if (authority.includes('@') || (scheme !== undefined && authority === '')) return undefined;
  return { authority, target: target.startsWith('/') ? target : `/${target}` };
}

/** As clients do: what is no ASCII goes as percent-encoded UTF-8. */
const encoded = (target: string): string => target.replace(/[^\0-\x7f]+/g, (part) => encodeURI(part.toWellFormed()));

/**
 * Writes the request and reads it with the reader of the shards, so path and host are judged and made canonical by the
 * same code. `headers` are `Name: value`; a Host among them outranks the one of the URL.
 */
export function readAsked(method: string, url: string, headers: readonly string[] = []): AskedRequest {
  const parts = splitUrl(url);
  if (parts === undefined) return no(`${JSON.stringify(url)} is no URL such as http://a.test/x`);
  const wrong = headers.find((line) => !/^[^\s:]+:/.test(line) || /[\r\n\0]/.test(line));
  if (wrong !== undefined) return no(`${JSON.stringify(wrong)} is no header such as 'Host: a.test'`);
  const hosts = headers.filter((line) => /^host:/i.test(line));
  if (parts.authority === '' && hosts.length === 0) return no("the URL has no host; give one with -H 'Host: a.test'");
  const lines = hosts.length > 0 ? headers : [`Host: ${parts.authority}`, ...headers];
  return readText(`${method} ${encoded(parts.target)} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
}

function readText(text: string): AskedRequest {
  const bytes = Buffer.from(text, 'latin1');
  const head = new RequestHead();
  if (readRequestHead(head, bytes, 0, bytes.length, limits) !== bytes.length) {
    return no(
      `a shard refuses this request before it looks at any route: ${head.failure ?? 'request-malformed'}`,
      true,
    );
  }
  const host = head.authority.toString('latin1', head.hostStart, head.hostEnd).toLowerCase();
  const path = head.target.toString('latin1', head.targetStart, head.pathEnd);
  return { ok: true, head, method: head.method, host, path };
}
