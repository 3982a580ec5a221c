import { isIPv6 } from 'node:net';
import { type JudgedAnswer, type JudgedRequest, usualLimits } from './reading-heads.ts';

/**
 * The rules of the HTTP/1 readers once more, with regular expressions over whole heads: slow and obvious. The readers
 * must agree with them on every head, good or bad. Texts are latin1; undefined: no complete valid head at the start.
 */

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const lines = `((?:${token}:[\\t\\x20-\\x7e\\x80-\\xff]*\\r\\n)*)\\r\\n`;
const requestHead = new RegExp(`^(?:\\r\\n)?(${token}) ([^ ]+) HTTP/1\\.([01])\\r\\n${lines}`);
const answerHead = new RegExp(`^HTTP/1\\.([01]) ([1-5][0-9][0-9])((?: [\\t\\x20-\\x7e\\x80-\\xff]*)?)\\r\\n${lines}`);

interface Line {
  readonly text: string;
  readonly name: string;
  readonly value: string;
}

const linesOf = (text: string): Line[] =>
  text
    .split('\r\n')
    .slice(0, -1)
    .map((line) => {
      const colon = line.indexOf(':');
      return { text: line, name: line.slice(0, colon).toLowerCase(), value: trim(line.slice(colon + 1)) };
    });

const trim = (text: string) => text.replace(/^[ \t]+|[ \t]+$/g, '');
const elements = (text: string) => text.split(',').map((element) => trim(element).toLowerCase());
const textsOf = (all: readonly Line[], name: string) => all.filter((line) => line.name === name).map((l) => l.text);
const valuesOf = (all: readonly Line[], name: string) => all.filter((line) => line.name === name).map((l) => l.value);

interface Framing {
  readonly chunked: boolean;
  /** -1: none. */
  readonly length: number;
  readonly options: readonly string[];
}

/** What both kinds of heads say about framing and connection; undefined when it is not allowed. */
function framingOf(all: readonly Line[], version: number): Framing | undefined {
  const lengths = valuesOf(all, 'content-length');
  const encodings = valuesOf(all, 'transfer-encoding');
  if (lengths.length + encodings.length > 1) return undefined;
  if (lengths.some((value) => !/^[0-9]+$/.test(value) || BigInt(value) > 9007199254740991n)) return undefined;
  if (encodings.some((value) => version === 10 || value.toLowerCase() !== 'chunked')) return undefined;
  const options = valuesOf(all, 'connection')
    .flatMap(elements)
    .filter((option) => option !== '');
  if (options.some((option) => !new RegExp(`^${token}$`).test(option))) return undefined;
  if (options.filter((option) => !understood.has(option)).length > 32) return undefined;
  return { chunked: encodings.length > 0, length: lengths.length > 0 ? Number(lengths[0]) : -1, options };
}

const understood = new Set(['close', 'keep-alive', 'upgrade', 'te']);
const hopByHop = new Set('transfer-encoding connection keep-alive upgrade te proxy-connection trailer'.split(' '));
const endToEnd = /^(authorization|cache-control|content-.*|cookie|date|expect|host|origin|set-cookie)$/;

function keptLines(all: readonly Line[], options: readonly string[], isDropped: (name: string) => boolean): string[] {
  const named = new Set(options.filter((option) => !understood.has(option) && !endToEnd.test(option)));
  return all.filter(({ name }) => !hopByHop.has(name) && !named.has(name) && !isDropped(name)).map(sentOn);
}

/** Content-Length loses tabs, zeros and all spaces but the usual one. */
const sentOn = ({ text, name }: Line): string =>
  name === 'content-length' && !/: ?(0|[1-9]\d*)$/.test(text) ? text.replace(/:[ \t]*0*(\d+)[ \t]*$/, ':$1') : text;

const keepsAlive = (version: number, options: readonly string[]) =>
  !options.includes('close') && (version === 11 || options.includes('keep-alive'));

export function plainRequest(text: string): JudgedRequest | undefined {
  const found = requestHead.exec(text);
  if (found === null) return undefined;
  const [whole, method, rawTarget, minor, lineText] = found as unknown as [string, string, string, string, string];
  const version = minor === '1' ? 11 : 10;
  const all = linesOf(lineText);
  if (whole.length > usualLimits.headLimitBytes || all.length > usualLimits.headerLimit) return undefined;
  if (method.length > 32 || ['CONNECT', 'TRACE', 'PRI'].includes(method)) return undefined;
  const target = plainTarget(method, rawTarget);
  const framing = framingOf(all, version);
  if (target === undefined || framing === undefined) return undefined;

  const hosts = valuesOf(all, 'host');
  if (hosts.length > 1 || (version === 11 && hosts.length === 0)) return undefined;
  if (hosts.some((host) => hostOf(host) === undefined)) return undefined;
  const authority = target.authority ?? hosts[0] ?? '';

  const expects = valuesOf(all, 'expect');
  if (expects.some((value) => value.toLowerCase() !== '100-continue')) return undefined;

  const body = framing.chunked ? 'chunked' : framing.length > 0 ? 'length' : 'none';
  const upgrades = valuesOf(all, 'upgrade');
  const isUpgrade =
    version === 11 &&
    framing.options.includes('upgrade') &&
    !framing.chunked &&
    framing.length < 0 &&
    upgrades.length === 1 &&
    upgrades[0] !== '' &&
    !elements(upgrades[0]!).some((element) => httpName.test(element));
  return {
    outcome: 'accepted',
    size: whole.length,
    method,
    target: target.path + target.query,
    path: target.path,
    host: authority === '' ? '' : hostOf(authority)!,
    authority,
    version,
    keepAlive: keepsAlive(version, framing.options),
    body,
    contentLength: Math.max(0, framing.length),
    lines: keptLines(
      all.filter((line) => line.name !== 'expect' || line === all.find(({ name }) => name === 'expect')),
      framing.options,
      (name) => isOurs(name) || name === 'host' || (name === 'expect' && version === 10),
    ),
    upgrade: isUpgrade ? upgrades[0] : undefined,
    expectContinue: expects.length > 0 && version === 11 && body !== 'none',
    trailersAccepted: version === 11 && valuesOf(all, 'te').flatMap(elements).includes('trailers'),
    trailerLines: textsOf(all, 'trailer'),
    forwardedLines: all.filter(({ name }) => isOurs(name)).map((line) => line.text),
    viaLines: textsOf(all, 'via'),
  };
}

/** An element of Upgrade that names HTTP or TLS, of whatever version. */
const httpName = /^(h2c|h2|http|tls)(?![!#$%&'*+.^_`|~0-9a-z-])/;

const isOurs = (name: string) => /^(x-forwarded-.+|x-real-ip|forwarded|proxy)$/.test(name.replaceAll('_', '-'));

/** The host without its port and last dot; undefined when the authority is malformed. */
function hostOf(authority: string): string | undefined {
  const found = /^(\[[0-9A-Fa-f:.]+\]|[\w-]+(?:\.[\w-]+)*\.?)(?::([1-9][0-9]{0,4}))?$/.exec(authority);
  if (found === null || Number(found[2] ?? 1) > 65_535 || found[1]!.length > 255) return undefined;
  if (authority.startsWith('[') && !isIPv6(found[1]!.slice(1, -1))) return undefined;
  return found[1]!.replace(/\.$/, '');
}

interface Target {
  readonly authority?: string;
  readonly path: string;
  readonly query: string;
}

function plainTarget(method: string, raw: string): Target | undefined {
  if (raw.length > usualLimits.targetLimitBytes) return undefined;
  if (raw === '*') return method === 'OPTIONS' ? { path: '*', query: '' } : undefined;
  const found = /^(?:https?:\/\/([^/?]+))?(\/[^?]*)?((?:\?.*)?)$/i.exec(raw);
  if (found === null) return undefined;
  const [, authority, rawPath, query] = found;
  if (authority === undefined && rawPath === undefined) return undefined;
  if (authority !== undefined && hostOf(authority) === undefined) return undefined;
  if (/[^!-~]|["<>#]/.test(query!)) return undefined;
  const path = rawPath === undefined ? (method === 'OPTIONS' && query === '' ? '*' : '/') : plainPath(rawPath);
  return path === undefined ? undefined : { ...(authority === undefined ? {} : { authority }), path, query: query! };
}

export function plainPath(raw: string): string | undefined {
  if (/[^!-~]|["<>#\\]|%(?![0-9a-f]{2})|%(00|2f|5c|c0|c1)/i.test(raw)) return undefined;
  if (/%e0%[89]|%f0%8|%f8%8[0-7]|%fc%8[0-3]/i.test(raw)) return undefined;
  const decoded = raw
    .replace(/%(..)/g, (triple, hex: string) => {
      const character = String.fromCharCode(Number.parseInt(hex, 16));
      return /[\w.~-]/.test(character) ? character : triple.toUpperCase();
    })
    .replace(/[[\]^`{|}]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  if (/\/\.+(;|%3B)/.test(decoded)) return undefined;
  const kept: string[] = [];
  const segments = decoded.replace(/\/+/g, '/').slice(1).split('/');
  for (const segment of segments) {
    if (segment === '..' && kept.pop() === undefined) return undefined;
    if (segment !== '..' && segment !== '.' && segment !== '') kept.push(segment);
  }
  const open = kept.length > 0 && ['', '.', '..'].includes(segments.at(-1)!);
  return `/${kept.join('/')}${open ? '/' : ''}`;
}

export function plainAnswer(text: string, headRequest: boolean): JudgedAnswer | undefined {
  const found = answerHead.exec(text);
  if (found === null) return undefined;
  const [whole, minor, code, reason, lineText] = found as unknown as [string, string, string, string, string];
  const version = minor === '1' ? 11 : 10;
  const status = Number(code);
  const all = linesOf(lineText);
  if (whole.length > usualLimits.headLimitBytes || all.length > usualLimits.headerLimit) return undefined;
  const framing = framingOf(all, version);
  if (framing === undefined) return undefined;
  const withoutLength = status < 200 || status === 204;
  const dates = all.filter(({ name }) => name === 'date');
  const undated = all.filter((line) => line.name !== 'date' || line === dates[0]);
  const kind = framingKind(framing, headRequest || withoutLength || status === 304);
  return {
    outcome: 'accepted',
    size: whole.length,
    version,
    status,
    framing: kind,
    contentLength: kind === 'length' ? framing.length : 0,
    keepAlive: kind !== 'until-close' && keepsAlive(version, framing.options),
    keepAliveTimeoutMs: valuesOf(all, 'keep-alive').flatMap(elements).reduce(timeoutOf, -1),
    upgrade: valuesOf(all, 'upgrade').at(-1) ?? '',
    lines: [
      code + reason,
      ...keptLines(undated, framing.options, (name) => withoutLength && name === 'content-length'),
    ],
    dated: dates.length > 0,
    trailerLines: textsOf(all, 'trailer'),
  };
}

function framingKind({ chunked, length }: Framing, bodiless: boolean): string {
  if (bodiless) return 'none';
  if (chunked) return 'chunked';
  if (length < 0) return 'until-close';
  return length > 0 ? 'length' : 'none';
}

/** The last `timeout=` counts. */
function timeoutOf(before: number, element: string): number {
  const found = /^timeout=(.*)$/.exec(element);
  if (found === null) return before;
  return /^[0-9]{1,6}$/.test(found[1]!) ? Number(found[1]) * 1000 : -1;
}
