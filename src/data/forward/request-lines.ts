import { endpointText } from '../../model/snapshot.ts';
import { TRAILER } from '../http1/header-names.ts';
import { holds, writeLines } from '../http1/noted-lines.ts';
import type { RequestHead } from '../http1/request-head.ts';
import type { Output } from '../output.ts';
import type { ClientFacts } from '../seam.ts';
import type { EndpointState } from '../upstream/endpoint-state.ts';
import type { TrustedProxies } from './client-address.ts';
import { addForwardedLines, writeForwarded, writeForwardedHost } from './forwarded-lines.ts';

const VERSION_AND_HOST = Buffer.from(' HTTP/1.1\r\nHost: ');
const LINE_END = Buffer.from('\r\n');
const CHUNKED = Buffer.from('Transfer-Encoding: chunked\r\n');
const TRAILERS_ACCEPTED = Buffer.from('TE: trailers\r\nConnection: TE\r\n');
const UPGRADE = Buffer.from('Connection: upgrade\r\nUpgrade: ');

/** What endpoints are told, with what is the same for every request of a shard made once. */
export class RequestLines {
  readonly #name: Buffer;
  /** RFC 9110, 7.6.3: with the version in which the request came to us. */
  readonly #via10: Buffer;
  readonly #via11: Buffer;
  readonly #forwardedHeader: boolean;
  readonly #trusted: TrustedProxies;

  /** `proxyName`: how this process calls itself in Via; nobody else must have it. */
  constructor(proxyName: string, forwardedHeader: boolean, trusted: TrustedProxies) {
    this.#name = Buffer.from(proxyName);
    this.#via10 = Buffer.from(`Via: 1.0 ${proxyName}\r\n`);
    this.#via11 = Buffer.from(`Via: 1.1 ${proxyName}\r\n`);
    this.#forwardedHeader = forwardedHeader;
    this.#trusted = trusted;
  }

  /** The request has been here before. */
  isLoop(head: RequestHead): boolean {
    return holds(head.bytes, head.viaLines, this.#name);
  }

  /**
   * The request as the endpoint gets it. The reader has judged every byte and left out what belongs to the client's
   * connection (RFC 9110, 7.6.1), so header lines are copied as they stand; what we add stands last.
   */
  write(
    output: Output,
    head: RequestHead,
    client: ClientFacts,
    endpoint: EndpointState,
    policy: { readonly requestTrailers: boolean },
  ): void {
    output.text(head.method);
    output.text(' ');
    output.bytes(head.target, head.targetStart, head.targetEnd);
    output.all(VERSION_AND_HOST);
    const named = head.authorityEnd > head.authorityStart;
    if (named) output.bytes(head.authority, head.authorityStart, head.authorityEnd);
    else output.text(endpointText(endpoint)); // HTTP/1.0 without Host: the endpoint must have one
    output.all(LINE_END);
    output.runs(head.bytes, head.runs, head.runCount);
    this.#writeForwarded(output, head, client);
    output.all(head.version === 11 ? this.#via11 : this.#via10);
    if (head.body === 'chunked') {
      output.all(CHUNKED);
      if (policy.requestTrailers) writeLines(output, head.bytes, head.trailerLines, TRAILER);
    }
    if (head.upgrade) writeUpgrade(output, head);
    else if (head.trailersAccepted) output.all(TRAILERS_ACCEPTED);
    output.all(LINE_END);
  }

  /** What a proxy that is trusted has said is added to; what anybody else says is replaced. */
  #writeForwarded(output: Output, head: RequestHead, client: ClientFacts): void {
    const believed = client.trusted && head.forwardedLines.end > 0;
    if (believed) addForwardedLines(output, head, client, this.#trusted, !this.#forwardedHeader);
    else {
      output.all(client.forwardedLines);
      writeForwardedHost(output, head);
    }
    if (this.#forwardedHeader) writeForwarded(output, head, client, believed);
  }
}

function writeUpgrade(output: Output, head: RequestHead): void {
  output.all(UPGRADE);
  output.bytes(head.bytes, head.upgradeStart, head.upgradeEnd);
  output.all(LINE_END);
}
