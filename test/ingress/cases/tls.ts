import type { Case } from '../case.ts';
import { elsewhere, ingress, rule, secret, withMeta } from '../objects.ts';
import { certificatePem, keyPem } from '../test-certificate.ts';

/** What can be seen without TLS termination: the HTTP side of such an Ingress, and what is said of its Secrets. */

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const pair = { 'tls.crt': base64(certificatePem), 'tls.key': base64(keyPem) };
const testSecret = secret('testsecret-tls', pair, 'kubernetes.io/tls');

const HOST = 'https-example.foo.com';
const tls = (...entries: readonly object[]) => ingress('tls-example', [rule(HOST, 'Prefix / one')], { tls: entries });
const usual = { hosts: [HOST], secretName: 'testsecret-tls' };
const isServed = { [`${HOST}/`]: 'one', 'other.foo.com/': 404 };
const MISSING = 'Ingress tls-example spec.tls[0].secretName SecretMissing';
const INVALID = 'Ingress tls-example spec.tls[0].secretName SecretInvalid';

const inClusters = ['fake', 'cluster'] as const;
/** Read one by one, a Secret that changes counts up to ten seconds later. */
const watched = ['--secret-scope', 'all'];

export const tlsCases: readonly Case[] = [
  {
    says: 'an Ingress with a tls section routes by the Host header as without one',
    source: 'Ingress, TLS',
    objects: [testSecret, tls(usual)],
    asks: isServed,
  },
  {
    says: 'the secret must be there: where it is missing the author is told, HTTP is served, and it may come later',
    source: 'Ingress, TLS',
    places: inClusters,
    flags: watched,
    objects: [tls(usual)],
    asks: isServed,
    refused: [MISSING],
    steps: [
      { does: 'the Secret comes', objects: [testSecret], asks: isServed },
      { does: 'the Secret goes', removes: ['Secret testsecret-tls'], asks: isServed, refused: [MISSING] },
    ],
  },
  {
    says: 'a missing secret is the affair of its Ingress alone',
    source: 'Ingress, TLS',
    places: inClusters,
    objects: [tls(usual), ingress('web', [rule('foo.bar.com', 'Prefix / two')])],
    asks: { ...isServed, 'foo.bar.com/': 'two' },
    refused: [MISSING],
  },
  {
    says: 'the secret is one of the Ingress’s own namespace',
    source: 'Ingress, TLS',
    places: inClusters,
    objects: [elsewhere(testSecret), tls(usual)],
    asks: isServed,
    refused: [MISSING],
  },
  {
    says: 'the secret must contain keys named tls.crt and tls.key',
    source: 'Ingress, TLS',
    places: inClusters,
    objects: [secret('testsecret-tls', { 'tls.crt': pair['tls.crt'] }, 'Opaque'), tls(usual)],
    asks: isServed,
    refused: [INVALID],
  },
  {
    says: '… that contain the certificate and private key to use for TLS',
    source: 'Ingress, TLS',
    places: inClusters,
    flags: watched,
    objects: [secret('testsecret-tls', { 'tls.crt': '', 'tls.key': '' }, 'kubernetes.io/tls'), tls(usual)],
    asks: isServed,
    refused: [INVALID],
    steps: [{ does: 'they do', objects: [testSecret], asks: isServed }],
  },
  {
    says: 'secretName is left optional, to allow TLS routing based on the SNI hostname alone',
    source: 'networking/v1, IngressTLS.secretName',
    objects: [tls({ hosts: [HOST] })],
    asks: isServed,
  },
  {
    says: 'hosts may be left unspecified',
    source: 'networking/v1, IngressTLS.hosts',
    objects: [testSecret, tls({ secretName: 'testsecret-tls' })],
    asks: isServed,
  },
  {
    says: 'multiple members of the list may specify different hosts',
    source: 'networking/v1, IngressSpec.tls',
    objects: [
      testSecret,
      withMeta(testSecret, { name: 'second' }),
      tls(usual, { hosts: ['*.foo.com'], secretName: 'second' }),
    ],
    asks: isServed,
  },
  {
    says: 'TLS does not make routes: a host of the tls section that no rule has is not served',
    source: 'Ingress, TLS',
    objects: [testSecret, tls({ hosts: [HOST, 'other.foo.com'], secretName: 'testsecret-tls' })],
    asks: isServed,
  },
];
