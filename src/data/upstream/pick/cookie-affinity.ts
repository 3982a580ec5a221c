import type { Balancing } from '../../../model/backend-policy.ts';
import type { RequestHead } from '../../http1/request-head.ts';
import type { ClientFacts } from '../../seam.ts';
import type { EndpointState } from '../endpoint-state.ts';
import { tokenOf } from './affinity-token.ts';
import { CookiePairs } from './cookie-pairs.ts';
import type { EndpointList } from './endpoint-list.ts';
import type { Picker } from './picker.ts';
import { TokenTable } from './token-table.ts';

/**
 * The endpoint that a cookie of ours names. Without one, or when that endpoint left or is out, another is picked and the
 * answer brings a new cookie.
 */
export class CookieAffinity implements Picker {
  readonly #list: EndpointList;
  readonly #fallback: Picker;
  readonly #pairs: CookiePairs;
  readonly #tokens: TokenTable;
  readonly #lines: ReadonlyMap<EndpointState, Buffer>;

  constructor(list: EndpointList, { name, salt }: Balancing, fallback: Picker) {
    const tokens = list.endpoints.map((endpoint) => tokenOf(endpoint, salt));
    this.#list = list;
    this.#fallback = fallback;
    this.#pairs = new CookiePairs(name);
    this.#tokens = new TokenTable(tokens);
    this.#lines = new Map(
      list.endpoints.map((endpoint, index) => [endpoint, cookieLine(name, tokens[index] as string)]),
    );
  }

  pick(
    head: RequestHead,
    client: ClientFacts,
    health: Int32Array,
    moment: number,
    not: EndpointState | undefined,
  ): EndpointState | undefined {
    const named = this.#named(head);
    if (named >= 0 && this.#list.takes(named, health, moment, not)) return this.#list.at(named);
    return this.#fallback.pick(head, client, health, moment, not);
  }

  /** What the answer of `endpoint` to this request must say besides; undefined when the client knows it. */
  answerLines(head: RequestHead, endpoint: EndpointState): Buffer | undefined {
    const named = this.#named(head);
    return named >= 0 && this.#list.at(named) === endpoint ? undefined : this.#lines.get(endpoint);
  }

  /** By the first token of ours: a cookie of the same name may be somebody else's. −1: by none. */
  #named(head: RequestHead): number {
    const pairs = this.#pairs;
    for (let found = pairs.first(head); found; found = pairs.next()) {
      const index = this.#tokens.find(head.bytes, pairs.start, pairs.end);
      if (index >= 0) return index;
    }
    return -1;
  }
}

/** No Secure: it would be kept from clients that came without TLS. No Max-Age: it ends with the browser's session. */
const cookieLine = (name: string, token: string): Buffer =>
  Buffer.from(`Set-Cookie: ${name}=${token}; Path=/; HttpOnly; SameSite=Lax\r\n`, 'latin1');
