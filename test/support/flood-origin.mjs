// Several small origins in one process, for floods: each answers `NAME TARGET` and a filler, or its name and the request's
// body. Written for little CPU: the proxy is what a flood is about. Ports are sent to the parent.
import { createServer } from 'node:net';

const names = process.argv.slice(2);
const FILLER = `\n${'.'.repeat(400)}\n`;

function serve(name, socket) {
  let held;
  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    let all = held === undefined ? bytes : Buffer.concat([held, bytes]);
    let out = '';
    for (;;) {
      const headEnd = all.indexOf('\r\n\r\n');
      if (headEnd < 0) break;
      const head = all.latin1Slice(0, headEnd);
      const length = lengthOf(head);
      const end = headEnd + 4 + length;
      if (all.length < end) break;
      const body = length > 0 ? `${name} ${all.latin1Slice(headEnd + 4, end)}` : `${name} ${targetOf(head)}${FILLER}`;
      out += `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      all = all.subarray(end);
    }
    held = all.length > 0 ? Buffer.from(all) : undefined;
    if (out !== '') socket.write(out, 'latin1');
  });
}

function lengthOf(head) {
  if (!head.startsWith('POST')) return 0;
  return Number(/\r\nContent-Length: (\d+)/i.exec(head)[1]);
}

function targetOf(head) {
  const from = head.indexOf(' ') + 1;
  return head.slice(from, head.indexOf(' ', from));
}

const ports = await Promise.all(
  names.map(
    (name) =>
      new Promise((resolve) => {
        const server = createServer((socket) => serve(name, socket));
        server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => resolve(server.address().port));
      }),
  ),
);
process.send(ports);
process.on('disconnect', () => process.exit(0));
