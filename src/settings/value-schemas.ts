import { isIP } from 'node:net';
import { z } from 'zod';

/** Longest time a setting may say: a day, well below what timers can hold. */
export const DAY_MS = 86_400_000;

/** A value as a person wrote it, short enough for a sentence. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  const text = jsonOf(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** An alias of YAML can stand inside what it means. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return 'something that contains itself';
  }
}

/** One sentence for every way a value can be wrong: what is allowed and what was written. */
const must = (what: string) => ({
  error: (issue: { readonly input?: unknown }) => `must be ${what}, not ${shown(issue.input)}`,
});

export function wholeNumber(least: number, most: number) {
  const rule = must(`a whole number from ${least} to ${most}`);
  return z.int(rule).min(least, rule).max(most, rule);
}

export const milliseconds = (least = 1) => wholeNumber(least, DAY_MS);

export const port = wholeNumber(0, 65_535);

export const onOff = z.boolean(must('true or false'));

export const choice = <const Words extends readonly [string, ...string[]]>(...words: Words) =>
  z.enum(words, must(`${words.slice(0, -1).join(', ')} or ${words.at(-1)}`));

export function ipAddress() {
  const rule = must('an IP address such as 127.0.0.1, 0.0.0.0 or ::');
  return z.string(rule).refine((text) => isIP(text) !== 0, rule);
}

/** An address is a block of one. */
export const addressBlocks = (() => {
  const rule = must('an IP address or a block such as 10.0.0.0/8 or fd00::/8');
  return z.array(z.string(rule).refine(isAddressBlock, rule), must('a list of IP addresses and blocks'));
})();

function isAddressBlock(text: string): boolean {
  const [address, prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || address.includes('%')) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

export function matching(pattern: RegExp, what: string) {
  const rule = must(what);
  return z.string(rule).regex(pattern, rule);
}

export const path = matching(/^[^\0]+$/, 'a path');

const label = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';

/** RFC 1123 subdomain, as Kubernetes names classes and Services. */
export const objectName = matching(new RegExp(`^(?=.{1,253}$)${label}(?:\\.${label})*$`), 'a Kubernetes name');

export const listenerName = matching(new RegExp(`^${label}$`), 'a name of small letters, digits and hyphens');

export const controllerName = matching(
  /^[a-z0-9.-]{1,253}\/[A-Za-z0-9._/-]{1,253}$/,
  'a controller name such as example.com/name',
);

export const serviceReference = matching(
  new RegExp(`^${label}/${label}:(?:[1-9]\\d{0,4}|${label})$`),
  'NAMESPACE/SERVICE:PORT',
);

export const objectReference = matching(new RegExp(`^${label}/${label}(?:\\.${label})*$`), 'NAMESPACE/NAME');

/** As written in a kubeconfig: any short text. */
export const contextName = matching(/^[^\0\r\n]{1,253}$/, 'the name of a context');

const listOfTexts = (pattern: RegExp, what: string) => {
  const rule = must(what);
  return z.array(z.string(rule).regex(pattern, rule), must(`a list, each ${what}`));
};

export const namespaceNames = listOfTexts(new RegExp(`^${label}$`), 'the name of a namespace');

export const hostNames = listOfTexts(
  new RegExp(`^(?=.{1,253}$)(?:\\*\\.)?${label}(?:\\.${label})*$`),
  'a host name in small letters, such as a.example or *.a.example',
);

/** A host name in small letters has the form of an IPv4 address too. */
export const publishedAddresses = (() => {
  const rule = must('an IP address or a host name in small letters');
  const host = new RegExp(`^(?=.{1,253}$)${label}(?:\\.${label})*$`);
  const isAddress = (text: string): boolean => isIP(text) !== 0 || host.test(text);
  return z.array(z.string(rule).refine(isAddress, rule), must('a list of IP addresses and host names'));
})();

/** Of the API server's language, where commas stand between requirements: `a=b`, `a!=b`, `a in (b,c)`, `a`, `!a`. */
export const labelSelector = (() => {
  const key = '[A-Za-z0-9][A-Za-z0-9./_-]{0,316}';
  const value = '[A-Za-z0-9_.-]{0,63}';
  const one = `(?:!?${key}|${key} *(?:==?|!=) *${value}|${key} +(?:not)?in +\\( *${value}(?: *, *${value})* *\\))`;
  return matching(new RegExp(`^ *${one}(?: *, *${one})* *$`), 'a label selector such as team=shop,stage!=test');
})();

export const listenerList = z
  .array(
    z.strictObject(
      {
        name: listenerName.describe(
          'What messages call it; `http` and `https` are the two that the flat settings mean',
        ),
        address: ipAddress().optional().describe('IP address; without it all addresses'),
        port: port.describe('0: the kernel chooses'),
        engine: choice('node', 'uws').optional().describe('`uws` is not in this version'),
        tls: onOff.optional().describe('`true` is not in this version'),
        proxyProtocol: choice('off', 'required')
          .optional()
          .describe('`required`: every connection begins with a PROXY protocol header'),
        from: addressBlocks.optional().describe('The peers that may connect where `proxyProtocol` is required'),
      },
      must('a listener with a name and a port'),
    ),
    must('a list of listeners'),
  )
  .min(1, { error: 'must have at least one listener' });

export type ListenerEntry = z.output<typeof listenerList>[number];
