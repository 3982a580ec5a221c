/** Answers every request with 1 KiB, in a process of its own; prints its port. Ends with its parent. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const body = Buffer.alloc(1024, 'x');
const server = createServer((_request, response) => response.end(body)).listen(0, '127.0.0.1', () => {
  console.log((server.address() as AddressInfo).port);
});
server.keepAliveTimeout = 600_000;
process.stdin.resume().on('end', () => process.exit(0));
