import type { RequestHead } from '../http1/request-head.ts';
import type { Output } from '../output.ts';
import type { ClientFacts } from '../seam.ts';
import type { EndpointState } from '../upstream/endpoint-state.ts';

const VERSION_AND_HOST = Buffer.from(' HTTP/1.1\r\nHost: ');
const LINE_END = Buffer.from('\r\n');
const FORWARDED_HOST = Buffer.from('X-Forwarded-Host: ');
const CHUNKED = Buffer.from('Transfer-Encoding: chunked\r\n');
const TRAILERS_ACCEPTED = Buffer.from('TE: trailers\r\nConnection: TE\r\n');
const UPGRADE = Buffer.from('Connection: upgrade\r\nUpgrade: ');

/**
 * The request as the endpoint gets it. The reader has judged every byte and left out what belongs to the client's
 * connection (RFC 9110, 7.6.1), so header lines are copied as they stand; what we add stands last.
 */
export function writeRequestHead(
  output: Output,
  head: RequestHead,
  client: ClientFacts,
  endpoint: EndpointState,
): void {
  output.text(head.method);
  output.text(' ');
  output.bytes(head.target, head.targetStart, head.targetEnd);
  output.all(VERSION_AND_HOST);
  const named = head.authorityEnd > head.authorityStart;
  if (named) output.bytes(head.authority, head.authorityStart, head.authorityEnd);
  else output.text(`${endpoint.address}:${endpoint.port}`); // HTTP/1.0 without Host: the endpoint must have one
  output.all(LINE_END);
  output.runs(head.bytes, head.runs, head.runCount);
  output.all(client.forwardedLines);
  if (named) writeForwardedHost(output, head);
  if (head.body === 'chunked') output.all(CHUNKED);
  if (head.upgrade) writeUpgrade(output, head);
  else if (head.trailersAccepted) output.all(TRAILERS_ACCEPTED);
  output.all(LINE_END);
}

function writeForwardedHost(output: Output, head: RequestHead): void {
  output.all(FORWARDED_HOST);
  output.bytes(head.authority, head.authorityStart, head.authorityEnd);
  output.all(LINE_END);
}

function writeUpgrade(output: Output, head: RequestHead): void {
  output.all(UPGRADE);
  output.bytes(head.bytes, head.upgradeStart, head.upgradeEnd);
  output.all(LINE_END);
}
