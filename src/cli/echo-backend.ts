import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** Where the sample manifests say that the sample's backend is. */
export const ECHO_PORT = 18_080;
const ECHO_ADDRESS = '127.0.0.1';

export interface EchoBackend {
  readonly port: number;
  close(): Promise<void>;
}

/** Answers every request with what it received of it. Rejects with the system's error where the port cannot be had. */
export function startEchoBackend(port = ECHO_PORT): Promise<EchoBackend> {
  const server = createServer(echo);
  // Longer than the proxy keeps unused connections, so that the proxy is the one that closes them.
  server.keepAliveTimeout = 120_000;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, ECHO_ADDRESS, () => {
      const address = server.address();
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}

function echo(request: IncomingMessage, response: ServerResponse): void {
  let bodyBytes = 0;
  request.on('data', (chunk: Buffer) => {
    bodyBytes += chunk.length;
  });
  request.on('end', () => {
    const { method, url, httpVersion, headers } = request;
    const body = `${JSON.stringify({ method, url, httpVersion, headers, bodyBytes }, null, 2)}\n`;
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
}
