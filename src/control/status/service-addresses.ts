import type { PublishedAddress } from '../../model/objects.ts';
import { resources } from '../cluster/resources.ts';
import { Reflector } from '../sources/kubernetes/reflector.ts';
import type { RawObject } from '../sources/kubernetes/reflector-parts.ts';
import { addressOf, type FollowAddresses, type FollowParts } from './address-source.ts';

interface RawService {
  readonly spec?: {
    readonly type?: string;
    readonly externalName?: string;
    readonly externalIPs?: readonly string[];
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
  };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly PublishedAddress[] } };
}

/**
 * As ingress-nginx reads a Service, but for a load balancer the external IPs count only while it has no address.
 *
 * | type               | addresses                                                                |
 * |--------------------|--------------------------------------------------------------------------|
 * | LoadBalancer       | status.loadBalancer.ingress, else spec.externalIPs; none while it has none |
 * | NodePort, ClusterIP | spec.externalIPs, else the cluster's own                                |
 * | ExternalName       | its name                                                                 |
 */
export function addressesOfService({ spec = {}, status }: RawService): readonly PublishedAddress[] {
  const { type, externalName, externalIPs = [], clusterIP, clusterIPs } = spec;
  if (type === 'ExternalName') return externalName === undefined ? [] : [addressOf(externalName)];
  const balanced = type === 'LoadBalancer' ? (status?.loadBalancer?.ingress ?? []).flatMap(addressOfBalancer) : [];
  if (balanced.length > 0) return balanced;
  if (externalIPs.length > 0 || type === 'LoadBalancer') return externalIPs.map(addressOf);
  const own = clusterIPs ?? (clusterIP === undefined ? [] : [clusterIP]);
  return own.filter((one) => one !== '' && one !== 'None').map(addressOf);
}

/** Ports and the mode stay behind: they mean the Service. */
function addressOfBalancer({ ip, hostname }: PublishedAddress): PublishedAddress[] {
  if (!ip && !hostname) return [];
  return [{ ...(ip && { ip }), ...(hostname && { hostname }) }];
}

/** A Service that is deleted leaves its last addresses: it mostly comes back, and nothing better is known. */
export function serviceAddresses(
  service: { readonly namespace: string; readonly name: string },
  parts: FollowParts,
): FollowAddresses {
  const { namespace, name } = service;
  const missing = (): void => {
    parts.log.warn({ service: `${namespace}/${name}` }, 'the Service whose addresses are published is not there');
  };
  return (tell) => {
    let isThere = false;
    const reflector = new Reflector<readonly PublishedAddress[]>({
      ...{ ...parts, namespace, resource: resources.service, fieldSelector: `metadata.name=${name}` },
      keep: (raw: RawObject) => addressesOfService(raw as RawService),
      weigh: () => 0,
      sink: {
        apply: ({ put, remove }) => {
          for (const addresses of put) tell(addresses);
          if (put.length > 0) isThere = true;
          else if (remove.length > 0) missing();
        },
      },
    });
    reflector.start();
    void reflector.synced.then(() => {
      if (!isThere) missing();
    });
    return reflector;
  };
}
