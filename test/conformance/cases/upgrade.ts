import { get, head, post, type RequestCase } from '../case.ts';

const line = 'GET / HTTP/1.1';

/** The backend answers with 200: what it is asked for, and what not. Tunnels stand in `tunnels.test.ts`. */
export const upgradeCases: readonly RequestCase[] = [
  {
    intent: 'WebSocket is asked for',
    rfc: '6455, 4.1',
    says: get(
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
    ),
    sees: [
      {
        line,
        upgrade: 'websocket',
        lines: ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13'],
      },
    ],
  },
  {
    intent: 'any other protocol is asked for',
    rfc: '9110, 7.8',
    says: get('Upgrade: IRC/6.9, RTA/x11', 'connection: keep-alive, UPGRADE'),
    sees: [{ line, upgrade: 'IRC/6.9, RTA/x11' }],
  },
  {
    intent: 'h2c is not',
    rfc: '9113, 3.1',
    says: get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'),
    sees: [{ line }],
  },
  {
    intent: 'h2c in other letters is not',
    rfc: '9113, 3.1',
    says: get('Connection: upgrade', 'Upgrade: H2C'),
    sees: [{ line }],
  },
  {
    intent: 'h2c beside another is not',
    rfc: '9113, 3.1',
    says: get('Connection: upgrade', 'Upgrade: websocket, h2c'),
    sees: [{ line }],
  },
  {
    intent: 'HTTP/2.0 is not',
    rfc: '9110, 7.8',
    says: get('Connection: upgrade', 'Upgrade: HTTP/2.0'),
    sees: [{ line }],
  },
  { intent: 'TLS is not', rfc: '2817, 3.1', says: get('Connection: upgrade', 'Upgrade: TLS/1.0'), sees: [{ line }] },
  {
    intent: 'Upgrade that Connection does not name',
    rfc: '9110, 7.8',
    says: get('Upgrade: websocket'),
    sees: [{ line }],
  },
  {
    intent: 'Connection: upgrade without Upgrade',
    rfc: '9110, 7.8',
    says: get('Connection: upgrade'),
    sees: [{ line }],
  },
  { intent: 'an empty Upgrade', rfc: '9110, 7.8', says: get('Connection: upgrade', 'Upgrade:'), sees: [{ line }] },
  {
    intent: 'two Upgrade lines',
    rfc: 'ours',
    says: get('Connection: upgrade', 'Upgrade: websocket', 'Upgrade: websocket'),
    sees: [{ line }],
  },
  {
    intent: 'HTTP/1.0 has no Upgrade',
    rfc: '9110, 7.8',
    says: head('GET / HTTP/1.0', 'Host: a.test', 'Connection: keep-alive, upgrade', 'Upgrade: websocket'),
    sees: [{ line }],
    connection: 'keep-alive',
  },
  {
    intent: 'a request with a body is not upgraded',
    rfc: 'ours',
    says: `${post('Connection: upgrade', 'Upgrade: websocket', 'Content-Length: 2')}ab`,
    sees: [{ line: 'POST / HTTP/1.1', lines: ['Content-Length: 2'], framing: 'length', body: 'ab' }],
  },
  {
    intent: 'a request with chunks is not upgraded',
    rfc: 'ours',
    says: `${post('Connection: upgrade', 'Upgrade: websocket', 'Transfer-Encoding: chunked')}2\r\nab\r\n0\r\n\r\n`,
    sees: [{ line: 'POST / HTTP/1.1', framing: 'chunked', body: 'ab' }],
  },
  {
    intent: 'an upgrade that the backend does not accept, and a request behind it',
    rfc: '9110, 7.8',
    says: get('Connection: upgrade', 'Upgrade: x') + get('X-A: 1'),
    sees: [
      { line, upgrade: 'x' },
      { line, lines: ['X-A: 1'] },
    ],
  },
];
