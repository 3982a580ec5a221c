import { once } from 'node:events';
import { connect } from 'node:net';
import type { NextHop } from '../support/next-hop.ts';
import type { RecordedRequest } from '../support/request-recorder.ts';
import { excuseOf } from './next-hop-excuses.ts';
import type { ConformanceStage } from './stage.ts';

const QUIET_LIMIT_MS = 20_000;

/** Says all of `text`, half-closes, and reads until the proxy closes. */
export async function askAll(port: number, localAddress: string, text: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true, allowHalfOpen: true });
  socket.setTimeout(QUIET_LIMIT_MS, () => socket.destroy(new Error(`silent for ${QUIET_LIMIT_MS} ms`)));
  let got = '';
  socket.on('data', (bytes) => {
    got += bytes.toString('latin1');
  });
  socket.end(text, 'latin1');
  await once(socket, 'close');
  return got;
}

const said = ({ line, body }: RecordedRequest): string => `${line.slice(0, -'HTTP/1.1'.length)}${JSON.stringify(body)}`;

/** One client behind which stand Komainu, a tap, the next hop and the backend. */
export interface Chain {
  readonly stage: ConformanceStage;
  readonly hop: NextHop;
  readonly hopName: string;
}

/** Of one text: how many requests came through as they were sent on, and what the first one was that did not. */
export interface Outcome {
  readonly agreed: number;
  readonly disagreement?: string;
}

/**
 * Says a text and compares the whole requests that Komainu sent on with those that reached the backend behind the next
 * hop: they must be the same in number, method, target and body.
 */
export async function compare({ stage, hop, hopName }: Chain, text: string): Promise<Outcome> {
  const visit = stage.await();
  const asked: RecordedRequest[] = [];
  hop.asked.set(visit.address, asked);
  const got = await askAll(stage.komainu.port(), visit.address, text);
  const seen = visit.requests.filter(({ body }) => body !== undefined);
  let agreed = 0;
  for (const one of asked) {
    const other = seen[agreed];
    if (other !== undefined && said(other) === said(one)) agreed++;
    else if (excuseOf(hopName, one) === undefined) {
      const sent = JSON.stringify([one.line, ...one.lines, one.body]);
      const disagreement = `sent on: ${sent}\nseen: ${other && said(other)}\nthe client got: ${JSON.stringify(got)}`;
      return { agreed, disagreement };
    }
  }
  if (agreed < seen.length) return { agreed, disagreement: `seen and never sent on: ${said(seen[agreed]!)}` };
  hop.asked.delete(visit.address);
  stage.backend.forget(visit);
  return { agreed };
}
