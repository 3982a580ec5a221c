import { type BackendPolicy, defaultPolicy, roundRobin } from '../../../model/backend-policy.ts';
import type { Meta } from '../../../model/objects.ts';
import { readAnnotation, type Wrong } from './annotations.ts';
import { readBalancing } from './balancing.ts';
import type { Refuse } from './kind-reader.ts';

const BALANCING = 'komainu.dev/load-balancing';
const PROXY_PROTOCOL = 'komainu.dev/proxy-protocol';
const REQUEST_TRAILERS = 'komainu.dev/request-trailers';
const names = [BALANCING, PROXY_PROTOCOL, REQUEST_TRAILERS];

/** From the annotations of a Service, in a folder as in a cluster. */
export function readPolicy(meta: Meta, refuse: Refuse): BackendPolicy {
  if (!names.some((name) => Object.hasOwn(meta.annotations, name))) return defaultPolicy;
  const salt = saltOf(meta);
  return {
    balancing: readAnnotation(meta, BALANCING, refuse, roundRobin, (text) => readBalancing(text, salt)),
    proxyProtocol: readAnnotation<BackendPolicy['proxyProtocol']>(meta, PROXY_PROTOCOL, refuse, 'off', readVersion),
    requestTrailers: readAnnotation<boolean>(meta, REQUEST_TRAILERS, refuse, false, readPass),
  };
}

/** Every replica must write the same tokens. The uid of a cluster is known to few; a folder has only names. */
const saltOf = ({ uid, namespace, name }: Meta): string => uid ?? `${namespace}/${name}`;

const readVersion = (text: string): 'v1' | 'v2' | Wrong =>
  text === 'v1' || text === 'v2' ? text : { wrong: 'is no version of the PROXY protocol; it must be v1 or v2' };

const readPass = (text: string): true | Wrong =>
  text === 'pass' || { wrong: 'is not allowed; it must be pass, or the annotation left out' };
