import type { RequestCase } from '../case.ts';

/** What others say on a port that speaks HTTP/1 alone. TLS gets no answer: test/proxy/other-protocols.test.ts. */
export const otherProtocolCases: readonly RequestCase[] = [
  { intent: 'the preface of HTTP/2', rfc: '9113, 3.4', says: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', refused: 400 },
  {
    intent: 'the preface of HTTP/2 and its first frame',
    rfc: '9113, 3.4',
    says: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0',
    refused: 400,
  },
  { intent: 'SSH', rfc: '4253, 4.2', says: 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n', refused: 400 },
  { intent: 'SMTP', rfc: '5321, 4.1.1.1', says: 'EHLO a.test\r\n', refused: 400 },
  { intent: 'Redis', rfc: 'ours', says: '*1\r\n$4\r\nPING\r\n', refused: 400 },
  {
    intent: 'the PROXY protocol where none is asked for',
    rfc: 'ours',
    says: 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n',
    refused: 400,
  },
  {
    intent: 'the PROXY protocol in its second version',
    rfc: 'ours',
    says: '\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c',
    refused: 400,
  },
];
