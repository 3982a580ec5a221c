/**
 * The backend of scenarios with a request body. nginx would answer without having read the body, so this one reads it,
 * compares it, and answers after its last byte. A GET is answered too; `/counts` is a page as nginx's stub_status writes it.
 *
 *   node bench/sink.ts BODY_BYTES
 */
import { createServer, type Socket } from 'node:net';
import { forwardedPage } from './backend.ts';
import { BodyCounter } from './body-counter.ts';
import { bodyOf } from './scenarios.ts';

const expected = Buffer.from(bodyOf(Number(process.argv[2])));
const posted = answer('200 OK', '{"stored":true}');
const wrong = answer('400 Bad Request', 'not the body that was sent');
const counts = { connections: 0, requests: 0 };

const server = createServer({ noDelay: true }, (socket) => {
  counts.connections += 1;
  const counter = new BodyCounter(expected, (head, isExact) => reply(socket, head, isExact));
  socket.on('data', (bytes: Buffer) => counter.take(bytes));
  socket.on('error', () => socket.destroy());
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  console.log(`listening on ${(server.address() as { port: number }).port}`);
});

function reply(socket: Socket, head: string, isExact: boolean): void {
  if (head.startsWith('POST ')) {
    if (isExact) counts.requests += 1;
    socket.write(isExact ? posted : wrong);
    return;
  }
  const [, path] = head.split(' ', 2);
  if (path === '/counts') counts.requests += 1; // as nginx does
  socket.write(answer('200 OK', path === '/counts' ? countsPage() : forwardedPage(head)));
  if (/\r\nconnection: *close/i.test(head)) socket.end();
}

function countsPage(): string {
  const { connections, requests } = counts;
  return `server accepts handled requests\n ${connections} ${connections} ${requests} \n`;
}

/** 8 header lines, as many as the other backend's. */
function answer(status: string, body: string): Buffer {
  const lines = [
    `HTTP/1.1 ${status}`,
    'Server: sink',
    `Date: ${new Date().toUTCString()}`,
    'Content-Type: text/plain',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: keep-alive',
    'Cache-Control: no-store',
    'ETag: "5f2b8c1e9a7d4036"',
    'Vary: Accept-Encoding',
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
