import { headersOf } from '../support/message.ts';
import type { RecordedRequest } from '../support/request-recorder.ts';

/** A request that is in order and that a next hop refuses nevertheless. */
interface Excuse {
  readonly hop: string;
  /** Where that is decided there. */
  readonly why: string;
  applies(request: RecordedRequest): boolean;
}

const excuses: readonly Excuse[] = [
  {
    hop: 'nginx',
    why: "ngx_http_parse_request_line, sw_method: (ch < 'A' || ch > 'Z') && ch != '_' && ch != '-' is an invalid method",
    applies: ({ line }) => !/^[A-Z_-]+ /.test(line),
  },
  {
    hop: 'nginx',
    why: "ngx_http_parse_request_line, sw_spaces_before_uri: a target begins with '/' or a scheme, so OPTIONS * is invalid",
    applies: ({ line }) => line.startsWith('OPTIONS * '),
  },
  {
    hop: 'haproxy',
    why: 'mux_h1.c, h1_search_websocket_key: an upgrade to websocket needs a Sec-WebSocket-Key of 24 bytes, else 400',
    applies: ({ headers }) =>
      headersOf(headers, 'upgrade').some((value) => /^websocket$/i.test(value)) &&
      headersOf(headers, 'sec-websocket-key').every((value) => value.length !== 24),
  },
];

export const excuseOf = (hop: string, request: RecordedRequest): Excuse | undefined =>
  excuses.find((one) => one.hop === hop && one.applies(request));
