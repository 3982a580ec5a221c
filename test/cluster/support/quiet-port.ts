import { createServer } from 'node:net';

const FIRST = 10_000;
/** Above it the kernel takes ports for clients (ip_local_port_range). */
const END = 32_000;

/**
 * A port of loopback for a server that ends and comes back. A client that calls a port of the kernel's own range while nobody listens
 * there may be given that very port and then be connected to itself.
 */
export async function quietPort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (END - FIRST));
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
