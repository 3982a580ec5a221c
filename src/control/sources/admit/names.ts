import { isIP } from 'node:net';
import { z } from 'zod';

/** The API server's rules for names (apimachinery, util/validation), so that a folder takes what a cluster takes. */

const label = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const labelPattern = new RegExp(`^${label}$`);
const namePattern = new RegExp(`^${label}(?:\\.${label})*$`);

const LABEL_LIMIT = 63;
const NAME_LIMIT = 253;
const PORT_NAME_LIMIT = 15;

/** RFC 1123 subdomain. The length is judged first, so that no pattern runs over a hostile text. */
export const isDnsName = (text: string): boolean => text.length <= NAME_LIMIT && namePattern.test(text);

export const dnsName = z.string().refine(isDnsName, {
  error: 'must be a name of lower-case letters, digits, "-" and ".", at most 253 characters',
});

export const dnsLabel = z.string().refine((text) => text.length <= LABEL_LIMIT && labelPattern.test(text), {
  error: 'must be a name of lower-case letters, digits and "-", at most 63 characters',
});

/** IANA service name (RFC 6335, 5.1). */
const isPortName = (text: string): boolean =>
  text.length <= PORT_NAME_LIMIT && labelPattern.test(text) && /[a-z]/.test(text) && !text.includes('--');

export const portName = z.string().refine(isPortName, {
  error: 'must be a port name of lower-case letters, digits and "-", at most 15 characters and one letter among them',
});

const PORT_RULE = 'must be a port number from 1 to 65535';
export const portNumber = z.int({ error: PORT_RULE }).min(1, { error: PORT_RULE }).max(65_535, { error: PORT_RULE });

/** Also what only looks like an IPv4 address to most readers, such as `010.0.0.1`; the API server refuses it as a host. */
export function looksLikeIp(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const parts = text.split('.', 5);
  return parts.length === 4 && parts.every((part) => /^\d{1,9}$/.test(part) && Number(part) <= 255);
}

/** What the API server says against a host; undefined where it says nothing. '' takes every host. */
export function hostProblem(host: string): string | undefined {
  if (host === '') return undefined;
  if (looksLikeIp(host)) return 'must be a DNS name, not an IP address';
  if (!host.includes('*')) {
    return isDnsName(host) ? undefined : 'must be a DNS name in lower case, without port, at most 253 characters';
  }
  const wild = host.length <= NAME_LIMIT && host.startsWith('*.') && isDnsName(host.slice(2));
  return wild ? undefined : 'must have its "*" alone as the first label before a DNS name in lower case: *.example.com';
}
