import { describe, expect, test } from 'vitest';
import { RequestHead, readRequestHead } from '../../../../src/data/http1/request-head.ts';
import { type JudgedRequest, judgeRequest, surroundings, usualLimits } from './reading-heads.ts';

/** A request of HTTP/1.1 with these lines after Host. */
const withLines = (...lines: string[]) =>
  `GET /x HTTP/1.1\r\nHost: a.test\r\n${lines.map((l) => `${l}\r\n`).join('')}\r\n`;
const withHost = (host: string) => `GET /x HTTP/1.1\r\nHost:${host}\r\n\r\n`;
const withTarget = (target: string, method = 'GET') => `${method} ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`;

const plain: JudgedRequest = {
  outcome: 'accepted',
  method: 'GET',
  target: '/x',
  path: '/x',
  host: 'a.test',
  authority: 'a.test',
  version: 11,
  keepAlive: true,
  body: 'none',
  contentLength: 0,
  lines: [],
  upgrade: undefined,
  expectContinue: false,
  trailersAccepted: false,
  trailerLines: [],
  forwardedLines: [],
  viaLines: [],
};

const forwarded = [
  'X-Forwarded-For: 1',
  'x-forwarded-proto: 1',
  'X-FORWARDED-HOST: 1',
  'X-Forwarded-Port: 1',
  `x-forwarded-${'y'.repeat(40)}: 1`,
  'X-Real-IP: 1',
  'Forwarded: for=1',
  'Proxy: 1',
  'X_Forwarded-For: 1',
  'x_real_ip: 1',
];

const accepted: [behaviour: string, text: string, differs: Partial<JudgedRequest>][] = [
  [
    'Via lines stay and are noted',
    withLines('Via: 1.1 a', 'A: 1', 'via: 1.0 b', 'X-Via: c'),
    { lines: ['Via: 1.1 a', 'A: 1', 'via: 1.0 b', 'X-Via: c'], viaLines: ['Via: 1.1 a', 'via: 1.0 b'] },
  ],
  ['the smallest request', withLines(), {}],
  ['one empty line before it', `\r\n${withLines()}`, {}],
  [
    'header lines as they came, in their order',
    withLines('B: 2', 'a:1', 'C: \t3 \t', 'D:'),
    { lines: ['B: 2', 'a:1', 'C: \t3 \t', 'D:'] },
  ],
  ['bytes above 0x7F in a value', withLines('A: caf\xe9 \xff\x80'), { lines: ['A: caf\xe9 \xff\x80'] }],
  ['every token byte in a name', withLines("aZ0!#$%&'*+-.^_`|~: 1"), { lines: ["aZ0!#$%&'*+-.^_`|~: 1"] }],
  [
    'names with an underscore go on',
    withLines('my_name: 1', 'content_length: 5'),
    { lines: ['my_name: 1', 'content_length: 5'] },
  ],

  ['HTTP/1.0 without Host', 'GET /x HTTP/1.0\r\n\r\n', { version: 10, host: '', authority: '', keepAlive: false }],
  ['HTTP/1.0 with Host', 'GET /x HTTP/1.0\r\nHost: a.test\r\n\r\n', { version: 10, keepAlive: false }],
  [
    'HTTP/1.0 that asks for keep-alive',
    'GET /x HTTP/1.0\r\nHost: a.test\r\nConnection: Keep-Alive\r\n\r\n',
    { version: 10, keepAlive: true },
  ],
  [
    'HTTP/1.0 with a body',
    'POST /x HTTP/1.0\r\nContent-Length: 5\r\n\r\n',
    {
      version: 10,
      method: 'POST',
      host: '',
      authority: '',
      keepAlive: false,
      body: 'length',
      contentLength: 5,
      lines: ['Content-Length: 5'],
    },
  ],
  [
    'HTTP/1.0 has no Expect',
    'POST /x HTTP/1.0\r\nA: 1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
    {
      version: 10,
      method: 'POST',
      host: '',
      authority: '',
      keepAlive: false,
      body: 'length',
      contentLength: 5,
      lines: ['A: 1', 'Content-Length: 5'],
    },
  ],
  [
    'HTTP/1.0 has no upgrade',
    'GET /x HTTP/1.0\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    { version: 10, keepAlive: false },
  ],

  ...[
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'DELETE',
    'PATCH',
    'OPTIONS',
    'PROPFIND',
    'get',
    'M-SEARCH',
    'UPDATEREDIRECTREF',
    'TRACES',
    'PRIX',
    'x'.repeat(32),
  ].map((method): [string, string, Partial<JudgedRequest>] => [
    `method ${method}`,
    withTarget('/x', method),
    { method },
  ]),

  ['a query', withTarget('/x?a=1&b=2'), { target: '/x?a=1&b=2' }],
  ['an empty query', withTarget('/x?'), { target: '/x?' }],
  ['a query as it is', withTarget('/x?../%2f/%zz//?[]{}|^`\\%'), { target: '/x?../%2f/%zz//?[]{}|^`\\%' }],
  ['a target that becomes canonical keeps its query', withTarget('/a/../%78?%61=../b'), { target: '/x?%61=../b' }],
  ['a target that is canonical at the second look', withTarget('/.well-known/x?y'), { target: '/.well-known/x?y' }],
  ['OPTIONS *', withTarget('*', 'OPTIONS'), { method: 'OPTIONS', target: '*', path: '*' }],
  [
    'absolute form: the target wins over Host',
    withTarget('http://b.test:81/x?y'),
    { host: 'b.test', authority: 'b.test:81', target: '/x?y' },
  ],
  ['absolute form of https, any letter case', withTarget('HttpS://B.test/x'), { host: 'B.test', authority: 'B.test' }],
  ['absolute form with an address', withTarget('http://[::1]:81/x'), { host: '[::1]', authority: '[::1]:81' }],
  [
    'absolute form without path',
    withTarget('http://b.test'),
    { host: 'b.test', authority: 'b.test', target: '/', path: '/' },
  ],
  [
    'absolute form with a query alone',
    withTarget('http://b.test?y=/'),
    { host: 'b.test', authority: 'b.test', target: '/?y=/', path: '/' },
  ],
  [
    'absolute form with a path to be made canonical',
    withTarget('http://b.test/a/..//x'),
    { host: 'b.test', authority: 'b.test' },
  ],
  [
    'absolute form without path, OPTIONS',
    withTarget('http://b.test', 'OPTIONS'),
    { method: 'OPTIONS', host: 'b.test', authority: 'b.test', target: '*', path: '*' },
  ],
  [
    'absolute form in HTTP/1.0 without Host',
    'GET http://b.test/x HTTP/1.0\r\n\r\n',
    { version: 10, keepAlive: false, host: 'b.test', authority: 'b.test' },
  ],

  ['Host with a port', withHost(' a.test:8080 '), { authority: 'a.test:8080' }],
  ['Host with the highest port', withHost('a.test:65535'), { authority: 'a.test:65535' }],
  ['Host as it was written', withHost('\tA.Test'), { host: 'A.Test', authority: 'A.Test' }],
  ['Host with a dot at the end: not part of what is routed', withHost('a.test.:80'), { authority: 'a.test.:80' }],
  ['Host that is an IPv4 address', withHost('10.0.0.1:80'), { host: '10.0.0.1', authority: '10.0.0.1:80' }],
  ['Host that is an IPv6 address', withHost('[2001:db8::1]'), { host: '[2001:db8::1]', authority: '[2001:db8::1]' }],
  [
    'Host that is an IPv6 address with a port',
    withHost('[::ffff:10.0.0.1]:80'),
    { host: '[::ffff:10.0.0.1]', authority: '[::ffff:10.0.0.1]:80' },
  ],
  ['Host of 255 bytes', withHost('a'.repeat(255)), { host: 'a'.repeat(255), authority: 'a'.repeat(255) }],
  ['Host with an underscore', withHost('my_app'), { host: 'my_app', authority: 'my_app' }],

  [
    'Content-Length',
    withLines('Content-Length: 5'),
    { body: 'length', contentLength: 5, lines: ['Content-Length: 5'] },
  ],
  [
    'Content-Length in any letter case, with space around',
    withLines('cONTENT-lENGTH: \t 12 \t'),
    { body: 'length', contentLength: 12, lines: ['cONTENT-lENGTH:12'] },
  ],
  ['Content-Length 0 is no body', withLines('Content-Length: 0'), { lines: ['Content-Length: 0'] }],
  [
    'the largest Content-Length',
    withLines('Content-Length: 9007199254740991'),
    { body: 'length', contentLength: 9007199254740991, lines: ['Content-Length: 9007199254740991'] },
  ],
  ['chunked', withLines('A: 1', 'Transfer-Encoding: chunked', 'B: 2'), { body: 'chunked', lines: ['A: 1', 'B: 2'] }],
  ['chunked in any letter case', withLines('TRANSFER-ENCODING:ChunkeD\t '), { body: 'chunked' }],

  [
    'Expect: 100-continue with a body',
    withLines('Expect: 100-Continue ', 'Content-Length: 5'),
    { expectContinue: true, body: 'length', contentLength: 5, lines: ['Expect: 100-Continue ', 'Content-Length: 5'] },
  ],
  [
    'Expect: 100-continue without a body has nothing to wait for',
    withLines('Expect:100-continue'),
    { lines: ['Expect:100-continue'] },
  ],
  ['TE: trailers', withLines('TE: gzip;q=0.5, Trailers '), { trailersAccepted: true }],
  ['TE without trailers', withLines('TE: gzip, trailersx, ,', 'te:'), {}],

  ['Connection: close', withLines('Connection: close'), { keepAlive: false }],
  [
    'Connection: close beside keep-alive',
    withLines('Connection: keep-alive', 'Connection: CLOSE'),
    { keepAlive: false },
  ],
  ['Connection with empty elements', withLines('Connection:', 'Connection: ,, keep-alive ,\t, te,'), {}],
  [
    'hop-by-hop lines are left out',
    withLines(
      'A: 1',
      'Connection: keep-alive',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: x',
      'TE: gzip',
      'Trailer: A',
      'Upgrade: x',
      'B: 2',
    ),
    { lines: ['A: 1', 'B: 2'], trailerLines: ['Trailer: A'] },
  ],
  [
    'what only we and trusted proxies say is left out and noted',
    withLines(...forwarded),
    { forwardedLines: forwarded },
  ],
  [
    'names that only look like those',
    withLines(
      'X-Forwarded: 1',
      'X-Forwarded-: 1',
      'X-Forwarder-For: 1',
      `x-forwarden-${'y'.repeat(40)}: 1`,
      'Keep-Alives: 1',
      'Hos: 1',
      'Tf: 1',
      'e: 1',
      'Connectiom: 1',
      '4e: 1',
    ),
    {
      lines: [
        'X-Forwarded: 1',
        'X-Forwarded-: 1',
        'X-Forwarder-For: 1',
        `x-forwarden-${'y'.repeat(40)}: 1`,
        'Keep-Alives: 1',
        'Hos: 1',
        'Tf: 1',
        'e: 1',
        'Connectiom: 1',
        '4e: 1',
      ],
    },
  ],
  [
    'named lines are left out, before and after',
    withLines('X-a: 1', 'B: 2', 'Connection: x-A, y', 'x-a: 3', 'Y: 4', 'C: 5'),
    { lines: ['B: 2', 'C: 5'] },
  ],
  [
    'named lines between dropped ones',
    withLines('TE: x', 'X-a: 1', 'Trailer: x', 'B: 2', 'Connection: x-a', 'Y: 4'),
    { lines: ['B: 2', 'Y: 4'], trailerLines: ['Trailer: x'] },
  ],
  [
    'end-to-end lines stay though named',
    withLines(
      'Connection: content-length, Content-Type, authorization, cookie, host, cache-control, origin, expect, x',
      'Authorization: a',
      'Content-Length: 5',
      'content-type: t',
      'Cookie: c',
      'Cache-Control: d',
      'Origin: o',
      'Expect: 100-continue',
      'X: 1',
    ),
    {
      expectContinue: true,
      body: 'length',
      contentLength: 5,
      lines: [
        'Authorization: a',
        'Content-Length: 5',
        'content-type: t',
        'Cookie: c',
        'Cache-Control: d',
        'Origin: o',
        'Expect: 100-continue',
      ],
    },
  ],
  [
    'the framing stays though named',
    withLines('Connection: transfer-encoding', 'Transfer-Encoding: chunked'),
    { body: 'chunked' },
  ],

  [
    'upgrade',
    withLines('Connection: Upgrade', 'Upgrade: \twebsocket ', 'Sec-WebSocket-Version: 13'),
    { upgrade: 'websocket', lines: ['Sec-WebSocket-Version: 13'] },
  ],
  [
    'upgrade to one of several',
    withLines('Upgrade: SPDY/3.1, tcp', 'Connection: keep-alive, upgrade'),
    { upgrade: 'SPDY/3.1, tcp' },
  ],
  ['Upgrade without the connection option', withLines('Upgrade: websocket'), {}],
  ['the connection option without Upgrade', withLines('Connection: upgrade'), {}],
  ['an empty Upgrade', withLines('Connection: upgrade', 'Upgrade: '), {}],
  ['two Upgrade lines', withLines('Connection: upgrade', 'Upgrade: a', 'Upgrade: b'), {}],
  [
    'no upgrade with a body',
    withLines('Connection: upgrade', 'Upgrade: websocket', 'Content-Length: 1'),
    { body: 'length', contentLength: 1, lines: ['Content-Length: 1'] },
  ],
  [
    'no upgrade with a chunked body',
    withLines('Connection: upgrade', 'Upgrade: websocket', 'Transfer-Encoding: chunked'),
    { body: 'chunked' },
  ],
  ...['h2c', 'H2C', 'websocket, h2c', 'h2c , x', 'HTTP/2.0', 'h2', 'TLS/1.0', 'x,tls', 'h2c x', 'a, ,h2c;q=1'].map(
    (value): [string, string, Partial<JudgedRequest>] => [
      `no upgrade to ${value}`,
      withLines('Connection: upgrade', `Upgrade: ${value}`),
      {},
    ],
  ),
];

describe('a request is read', () => {
  for (const [behaviour, text, differs] of accepted) {
    test(behaviour, () => {
      const expected = { ...plain, ...differs, size: text.length };
      if (differs.target !== undefined && differs.path === undefined) expected.path = differs.target.split('?')[0]!;
      for (const around of surroundings) expect(judgeRequest(text, { around })).toEqual(expected);
      for (let size = 0; size < text.length; size++) {
        expect(judgeRequest(text.slice(0, size)).outcome, JSON.stringify(text.slice(0, size))).toBe('incomplete');
      }
    });
  }
});

/** `§` stands behind the byte at which nothing can become valid any more. */
const refused: [behaviour: string, text: string, failure?: string][] = [
  ['a TLS ClientHello', '\x16§\x03\x01\x02\x00'],
  ['the preface of HTTP/2', 'PRI §* HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['two empty lines before it', '\r\n\r§\n'],
  ['a bare LF before it', '\n§GET / HTTP/1.1\r\n'],
  ['a CR before it', '\rG§ET / HTTP/1.1\r\n'],
  ['a space before it', ' §GET / HTTP/1.1\r\n'],
  ['a bad method', 'GE(§T / HTTP/1.1\r\n'],
  ['a tab behind the method', 'GET\t§/ HTTP/1.1\r\n'],
  ['a method that is too long', `${'x'.repeat(33)}§xx / HTTP/1.1\r\n`, 'method-unknown'],
  ['CONNECT', 'CONNECT §a.test:443 HTTP/1.1\r\n', 'method-unknown'],
  ['TRACE', 'TRACE §/ HTTP/1.1\r\n', 'method-refused'],

  ['two spaces before the target', 'GET  §/ HTTP/1.1\r\n'],
  ['two spaces behind the target', 'GET /  §HTTP/1.1\r\n'],
  ['HTTP/0.9', 'GET /\r§\n'],
  ['a target without slash', 'GET x§ HTTP/1.1\r\n'],
  ['* with GET', 'GET *§ HTTP/1.1\r\n'],
  ['* and more', 'OPTIONS */§ HTTP/1.1\r\n'],
  ['another scheme', 'GET f§tp://a/ HTTP/1.1\r\n'],
  ['a scheme with a colon alone', 'GET http:a§.test/ HTTP/1.1\r\n'],
  ['an authority without host', 'GET http:///§ HTTP/1.1\r\n'],
  ['user information in the target', 'GET http://u@§a.test/ HTTP/1.1\r\n'],
  ['a fragment behind the authority', 'GET http://a.test#§x HTTP/1.1\r\n'],
  ['a bad port in the target', 'GET http://a.test:/§ HTTP/1.1\r\n'],
  ...['#', '"', '<', '>', '\x01', '\t', '\x7f', '\x80', '\xff', '\0', '\n'].flatMap((byte): [string, string][] => [
    [`${JSON.stringify(byte)} in a path`, `GET /a${byte}§b HTTP/1.1\r\n`],
    [`${JSON.stringify(byte)} in a query`, `GET /a?${byte}§b HTTP/1.1\r\n`],
  ]),
  ['a target beyond its limit', `GET /${'x'.repeat(8192)}§x HTTP/1.1\r\n`, 'target-too-long'],
  ['a query beyond the limit of the target', `GET /?${'x'.repeat(8191)}§x HTTP/1.1\r\n`, 'target-too-long'],

  ['HTTP/2.0', 'GET / HTTP/2§.0\r\n', 'version-unsupported'],
  ['HTTP/0.9 by name', 'GET / HTTP/0§.9\r\n', 'version-unsupported'],
  ['HTTP/1.2', 'GET / HTTP/1.2§\r\n', 'version-unsupported'],
  ['HTTP/1.10', 'GET / HTTP/1.10§\r\n'],
  ['HTTP/1.x', 'GET / HTTP/1.x§\r\n'],
  ['HTTP/11', 'GET / HTTP/11§\r\n'],
  ['HTTP/x', 'GET / HTTP/x§\r\n'],
  ['a version in lower case', 'GET / h§ttp/1.1\r\n'],
  ['a space behind the version', 'GET / HTTP/1.1 §\r\n'],
  ['a bare LF behind the version', 'GET / HTTP/1.1\n§Host: a\n\n'],
  ['a bare CR behind the version', 'GET / HTTP/1.1\rH§ost: a'],

  ['no Host', 'GET / HTTP/1.1\r\nA: 1\r\n\r\n§'],
  ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost:§ a\r\n\r\n'],
  ['two Hosts in HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a\r\nhost:§ b\r\n\r\n'],
  ['two Hosts beside an absolute form', 'GET http://a/ HTTP/1.1\r\nHost: a\r\nHost:§ a\r\n\r\n'],
  ['no Host beside an absolute form', 'GET http://a/ HTTP/1.1\r\n\r\n§'],
  ['a malformed Host beside an absolute form', 'GET http://a/ HTTP/1.1\r\nHost: a/§\r\n\r\n'],
  ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r§\n\r\n'],
  ['an empty Host with space', 'GET / HTTP/1.1\r\nHost: \t\r§\n\r\n'],
  ['user information in Host', 'GET / HTTP/1.1\r\nHost: u@§a\r\n\r\n'],
  ['a space in Host', 'GET / HTTP/1.1\r\nHost: a b§\r\n\r\n'],
  ['a comma in Host', 'GET / HTTP/1.1\r\nHost: a,§b\r\n\r\n'],
  ['a path in Host', 'GET / HTTP/1.1\r\nHost: a/§\r\n\r\n'],
  ['percent-encoding in Host', 'GET / HTTP/1.1\r\nHost: a%§2e\r\n\r\n'],
  ['a non-ASCII Host', 'GET / HTTP/1.1\r\nHost: \xe9§\r\n\r\n'],
  ['a NUL in Host', 'GET / HTTP/1.1\r\nHost: a\0§\r\n\r\n'],
  ['an empty label', 'GET / HTTP/1.1\r\nHost: a..§b\r\n\r\n'],
  ['a dot at the beginning', 'GET / HTTP/1.1\r\nHost: .§a\r\n\r\n'],
  ['a Host of 256 bytes', `GET / HTTP/1.1\r\nHost: ${'a'.repeat(256)}§aa\r\n\r\n`],
  ['an empty port', 'GET / HTTP/1.1\r\nHost: a:\r§\n\r\n'],
  ['port 0', 'GET / HTTP/1.1\r\nHost: a:0§\r\n\r\n'],
  ['port 65536', 'GET / HTTP/1.1\r\nHost: a:65536§\r\n\r\n'],
  ['a port with a sign', 'GET / HTTP/1.1\r\nHost: a:+§8\r\n\r\n'],
  ['a port with letters', 'GET / HTTP/1.1\r\nHost: a:8x§\r\n\r\n'],
  ['two ports', 'GET / HTTP/1.1\r\nHost: a:8:§8\r\n\r\n'],
  ['an address that is none', 'GET / HTTP/1.1\r\nHost: [::1::]§\r\n\r\n'],
  ['an empty address', 'GET / HTTP/1.1\r\nHost: []§\r\n\r\n'],
  ['an address with a zone', 'GET / HTTP/1.1\r\nHost: [fe80::1%§25eth0]\r\n\r\n'],
  ['a name in brackets', 'GET / HTTP/1.1\r\nHost: [aw§s]\r\n\r\n'],
  ['an address of a later version', 'GET / HTTP/1.1\r\nHost: [v§1.a]\r\n\r\n'],
  ['bytes behind the bracket', 'GET / HTTP/1.1\r\nHost: [::1]x§\r\n\r\n'],
  ['an address without its end', 'GET / HTTP/1.1\r\nHost: [::1\r§\n\r\n'],
  ['an address that never ends', `GET / HTTP/1.1\r\nHost: [${':'.repeat(46)}§::]\r\n\r\n`],

  ['a folded line', 'GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\n §2\r\n\r\n'],
  ['a folded line with a tab', 'GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\n\t§2\r\n\r\n'],
  ['a space before the first line', 'GET / HTTP/1.1\r\n §Host: a\r\n\r\n'],
  ['a space before the colon', 'GET / HTTP/1.1\r\nHost §: a\r\n\r\n'],
  ['no name', 'GET / HTTP/1.1\r\n:§ a\r\n\r\n'],
  ['no colon', 'GET / HTTP/1.1\r\nHost\r§\n\r\n'],
  ['a bad byte in a name', 'GET / HTTP/1.1\r\nHo(§st: a\r\n\r\n'],
  ['a non-ASCII name', 'GET / HTTP/1.1\r\nH\xf6§st: a\r\n\r\n'],
  ['a NUL in a name', 'GET / HTTP/1.1\r\nA\0§: a\r\n\r\n'],
  ['a NUL in a value', 'GET / HTTP/1.1\r\nA: a\0§\r\n\r\n'],
  ['a DEL in a value', 'GET / HTTP/1.1\r\nA: a\x7f§\r\n\r\n'],
  ['an ESC in a value', 'GET / HTTP/1.1\r\nA: \x1b§[0m\r\n\r\n'],
  ['a bare LF in a value', 'GET / HTTP/1.1\r\nA: a\n§B: 1\r\n\r\n'],
  ['a bare CR in a value', 'GET / HTTP/1.1\r\nA: a\rb§\r\n\r\n'],
  ['two CRs', 'GET / HTTP/1.1\r\nA: a\r\r§\n\r\n'],
  ['a bare LF at the end', 'GET / HTTP/1.1\r\nHost: a\r\n\n§'],
  ['a bare CR at the end', 'GET / HTTP/1.1\r\nHost: a\r\n\rG§ET'],

  ...['\r', '+', '-', 'x', ',', '\0', '\xb2'].map((byte): [string, string] => [
    `Content-Length beginning with ${JSON.stringify(byte)}`,
    `GET / HTTP/1.1\r\nContent-Length: ${byte}§5\r\n\r\n`,
  ]),
  ...[',', 'x', '.', ';', '\x0b'].map((byte): [string, string] => [
    `Content-Length with ${JSON.stringify(byte)} in it`,
    `GET / HTTP/1.1\r\nContent-Length: 5${byte}§ 5\r\n\r\n`,
  ]),
  ['two numbers', 'GET / HTTP/1.1\r\nContent-Length: 5 5§\r\n\r\n'],
  ['a hex length', 'GET / HTTP/1.1\r\nContent-Length: 0x§5\r\n\r\n'],
  ['a length of 2^53', 'GET / HTTP/1.1\r\nContent-Length: 9007199254740992§\r\n\r\n'],
  ['a length of 30 digits', `GET / HTTP/1.1\r\nContent-Length: ${'9'.repeat(16)}§${'9'.repeat(14)}\r\n\r\n`],
  ['two lengths, the same', 'GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length:§ 5\r\n\r\n'],
  ['two lengths', 'GET / HTTP/1.1\r\nContent-Length: 5\r\ncontent-length:§ 6\r\n\r\n'],
  [
    'Content-Length, then Transfer-Encoding',
    'GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding:§ chunked\r\n\r\n',
  ],
  [
    'Transfer-Encoding, then Content-Length',
    'GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length:§ 5\r\n\r\n',
  ],
  [
    'Content-Length 0 and Transfer-Encoding',
    'GET / HTTP/1.1\r\nContent-Length: 0\r\nTransfer-Encoding:§ chunked\r\n\r\n',
  ],
  ['Transfer-Encoding twice', 'GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding:§ chunked\r\n\r\n'],
  ['Transfer-Encoding in HTTP/1.0', 'GET / HTTP/1.0\r\nTransfer-Encoding:§ chunked\r\n\r\n'],
  ['identity', 'GET / HTTP/1.1\r\nTransfer-Encoding: i§dentity\r\n\r\n'],
  ['gzip, chunked', 'GET / HTTP/1.1\r\nTransfer-Encoding: g§zip, chunked\r\n\r\n'],
  ['chunked, gzip', 'GET / HTTP/1.1\r\nTransfer-Encoding: chunked,§ gzip\r\n\r\n'],
  ['chunked, chunked', 'GET / HTTP/1.1\r\nTransfer-Encoding: chunked ,§ chunked\r\n\r\n'],
  ['chunked with a parameter', 'GET / HTTP/1.1\r\nTransfer-Encoding: chunked;§a=b\r\n\r\n'],
  ['chunked in quotes', 'GET / HTTP/1.1\r\nTransfer-Encoding: "§chunked"\r\n\r\n'],
  ['xchunked', 'GET / HTTP/1.1\r\nTransfer-Encoding: x§chunked\r\n\r\n'],
  ['chunkedx', 'GET / HTTP/1.1\r\nTransfer-Encoding: chunkedx§\r\n\r\n'],
  ['a vertical tab before chunked', 'GET / HTTP/1.1\r\nTransfer-Encoding: \x0b§chunked\r\n\r\n'],
  ['an empty Transfer-Encoding', 'GET / HTTP/1.1\r\nTransfer-Encoding:\r§\n\r\n'],

  ['another expectation', 'GET / HTTP/1.1\r\nExpect: 2§00-ok\r\n\r\n', 'expectation-unknown'],
  ['an empty expectation', 'GET / HTTP/1.1\r\nExpect:\r§\n\r\n', 'expectation-unknown'],
  ['more behind the expectation', 'GET / HTTP/1.1\r\nExpect: 100-continue ,§ x\r\n\r\n', 'expectation-unknown'],
  ['a longer expectation', 'GET / HTTP/1.1\r\nExpect: 100-continues§\r\n\r\n', 'expectation-unknown'],

  ['a Connection option in quotes', 'GET / HTTP/1.1\r\nConnection: "§close"\r\n\r\n'],
  ['two Connection options without comma', 'GET / HTTP/1.1\r\nConnection: close x§\r\n\r\n'],
  ['a Connection option with a parameter', 'GET / HTTP/1.1\r\nConnection: close;§q=1\r\n\r\n'],
  ['a NUL in Connection', 'GET / HTTP/1.1\r\nConnection: close,\0§\r\n\r\n'],
  ['more named lines than anybody needs', `GET / HTTP/1.1\r\nConnection: ${'a,'.repeat(32)}b,§c\r\n\r\n`],
  ['a NUL in Upgrade', 'GET / HTTP/1.1\r\nUpgrade: a\0§\r\n\r\n'],
  ['a NUL in TE', 'GET / HTTP/1.1\r\nTE: a\0§\r\n\r\n'],
  ['a NUL in a line that is left out', 'GET / HTTP/1.1\r\nX-Real-IP: a\0§\r\n\r\n'],

  ['more lines than allowed', `GET / HTTP/1.1\r\n${'A: 1\r\n'.repeat(100)}B§: 2\r\n\r\n`, 'head-too-large'],
  ['a head beyond its limit', `GET / HTTP/1.1\r\nA: ${'x'.repeat(16_365)}§x\r\n`, 'head-too-large'],
];

describe('a request is refused as soon as nothing can become valid any more', () => {
  for (const [behaviour, marked, failure = 'request-malformed'] of refused) {
    test(behaviour, () => {
      const at = marked.indexOf('§');
      const text = marked.replace('§', '');
      for (let size = Math.max(0, at - 300); size <= text.length; size++) {
        const expected = size < at ? { outcome: 'incomplete', failure: undefined } : { outcome: 'refused', failure };
        for (const around of surroundings) {
          expect(judgeRequest(text.slice(0, size), { around }), JSON.stringify(text.slice(0, size))).toEqual(expected);
        }
      }
    });
  }
});

describe('limits', () => {
  const exact = withTarget('/0123456789?x');

  test('a target of the limit is read, one byte more is refused', () => {
    const limit = '/0123456789?x'.length;
    expect(judgeRequest(exact, { limits: { ...usualLimits, targetLimitBytes: limit } }).outcome).toBe('accepted');
    const refusal = { outcome: 'refused', failure: 'target-too-long' };
    expect(judgeRequest(exact, { limits: { ...usualLimits, targetLimitBytes: limit - 1 } })).toEqual(refusal);
  });

  test('a head of the limit is read, one byte more is refused', () => {
    expect(judgeRequest(exact, { limits: { ...usualLimits, headLimitBytes: exact.length } }).outcome).toBe('accepted');
    const refusal = { outcome: 'refused', failure: 'head-too-large' };
    expect(judgeRequest(exact, { limits: { ...usualLimits, headLimitBytes: exact.length - 1 } })).toEqual(refusal);
  });

  test('bytes behind a head do not count for its limit', () => {
    const limits = { ...usualLimits, headLimitBytes: exact.length };
    expect(judgeRequest(`${exact}${'x'.repeat(100)}`, { limits })).toMatchObject({
      outcome: 'accepted',
      size: exact.length,
    });
  });

  test('the allowed number of lines is read', () => {
    const lines = Array.from({ length: 99 }, (_, k) => `n${k}: ${k}`);
    expect(judgeRequest(withLines(...lines))).toMatchObject({ outcome: 'accepted', lines });
  });

  test('many runs need more room than there is at first', () => {
    const lines = Array.from({ length: 99 }, (_, k) => (k % 2 ? `n${k}: ${k}` : 'TE: x'));
    expect(judgeRequest(withLines(...lines)).lines).toEqual(lines.filter((line) => line !== 'TE: x'));
  });
});

describe('one head object for many requests', () => {
  test('nothing of a request is left in the next', () => {
    const first = withLines('Connection: close, x, upgrade', 'Upgrade: websocket', 'TE: trailers', 'X: 1').replace(
      '/x',
      'http://b:1/%61',
    );
    for (const [, text] of accepted) {
      const used = new RequestHead();
      judgeRequest(first, { head: used });
      expect(judgeRequest(text, { head: used })).toEqual(judgeRequest(text, { head: new RequestHead() }));
    }
  });

  test('pipelined requests are read one after the other', () => {
    const bytes = Buffer.from(accepted.map(([, text]) => text).join(''), 'latin1');
    const head = new RequestHead();
    let at = 0;
    for (const [behaviour, text] of accepted) {
      const next = readRequestHead(head, bytes, at, bytes.length, usualLimits);
      expect(next - at, behaviour).toBe(text.length);
      at = next;
    }
    expect(at).toBe(bytes.length);
  });

  test('the usual request makes no new buffer', () => {
    const bytes = Buffer.from(withTarget('/a/b.html?x=%2e'));
    const head = new RequestHead();
    const { runs } = head;
    readRequestHead(head, bytes, 0, bytes.length, usualLimits);
    expect(head.target).toBe(bytes);
    expect(head.authority).toBe(bytes);
    expect(head.runs).toBe(runs);
  });
});
