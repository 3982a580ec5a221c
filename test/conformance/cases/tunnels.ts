import { get, head } from '../case.ts';

/** The backend accepts an upgrade; from then on both sides say what they like, and the backend says back what it hears. */
export interface TunnelCase {
  readonly intent: string;
  readonly rfc: string;
  readonly asks: string;
  /** What the client says behind its request, before it is answered. */
  readonly early: string;
  /** The backend's head, or heads. */
  readonly says: string;
  /** What it says right behind. */
  readonly behind: string;
  /** The client gets: each head's status line from its status on, then its lines but Connection. */
  readonly gets: readonly (readonly string[])[];
}

const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
const accept = 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const webSocket = get('Connection: Upgrade', 'Upgrade: websocket', key, 'Sec-WebSocket-Version: 13');
const switched = head('HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade', accept);
const everyByte = String.fromCharCode(...Array.from({ length: 256 }, (_, k) => k));

/** RFC 9110, 7.8 and 15.2.2. */
export const tunnelCases: readonly TunnelCase[] = [
  {
    intent: 'WebSocket',
    rfc: '6455, 4.2.2',
    asks: webSocket,
    early: '',
    says: switched,
    behind: '',
    gets: [['101 Switching Protocols', accept, 'Upgrade: websocket']],
  },
  {
    intent: 'bytes that the backend says right behind its 101',
    rfc: '9110, 7.8',
    asks: webSocket,
    early: '',
    says: switched,
    behind: everyByte,
    gets: [['101 Switching Protocols', accept, 'Upgrade: websocket']],
  },
  {
    intent: 'bytes that the client says before the 101',
    rfc: '9110, 7.8',
    asks: webSocket,
    early: everyByte,
    says: switched,
    behind: '',
    gets: [['101 Switching Protocols', accept, 'Upgrade: websocket']],
  },
  {
    intent: 'a request that the client says before the 101',
    rfc: '9110, 7.8',
    asks: webSocket,
    early: get('X-A: 1'),
    says: switched,
    behind: 'HTTP/1.1 200 OK\r\n\r\n',
    gets: [['101 Switching Protocols', accept, 'Upgrade: websocket']],
  },
  {
    intent: 'another protocol, with the choice of one',
    rfc: '9110, 7.8',
    asks: get('Connection: upgrade', 'Upgrade: IRC/6.9, RTA/x11'),
    early: 'a',
    says: head('HTTP/1.1 101 Yes', 'Connection: upgrade, x-a', 'X-A: 1', 'upgrade: RTA/x11', 'X-B: 2'),
    behind: 'b',
    gets: [['101 Yes', 'X-B: 2', 'Upgrade: RTA/x11']],
  },
  {
    intent: '103 before the 101, and no body of a 101',
    rfc: '9110, 15.2',
    asks: get('Connection: upgrade', 'Upgrade: x'),
    early: '',
    says:
      head('HTTP/1.1 103 Early Hints', 'Link: </a>') +
      head('HTTP/1.1 101 Yes', 'Content-Length: 5', 'Upgrade: x', 'Connection: upgrade'),
    behind: '0\r\n\r\n',
    gets: [
      ['103 Early Hints', 'Link: </a>'],
      ['101 Yes', 'Upgrade: x'],
    ],
  },
];
