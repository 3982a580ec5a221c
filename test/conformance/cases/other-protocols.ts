import type { RequestCase } from '../case.ts';

/** A ClientHello of TLS 1.2 for `a.test` (RFC 5246, 7.4.1.2). */
const hello =
  '\x16\x03\x01\x00\x44\x01\x00\x00\x40\x03\x03' +
  '\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f' +
  '\x00\x00\x04\xc0\x2f\xc0\x30\x01\x00\x00\x13\x00\x00\x00\x0b\x00\x09\x00\x00\x06a.test' +
  '\x00\x17\x00\x00';

/** What others say on a port that speaks HTTP/1 alone. */
export const otherProtocolCases: readonly RequestCase[] = [
  { intent: 'a TLS hello', rfc: '5246, 7.4.1.2', says: hello, refused: 400 },
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
