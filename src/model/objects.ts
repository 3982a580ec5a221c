/** The Kubernetes objects we read, cut down to the fields we read; checked, so types tell the truth. */
import type { BackendPolicy } from './backend-policy.ts';
import type { PrivateBytes } from './private-bytes.ts';
import type { Endpoint } from './snapshot.ts';

export interface Meta {
  readonly namespace: string;
  readonly name: string;
  /** Given by a cluster. */
  readonly uid: string | undefined;
  /** Given by a cluster, and kept only of what is written back: Ingresses. */
  readonly resourceVersion: string | undefined;
  /** Milliseconds since 1970; undefined where nobody set a creation time (a folder). */
  readonly createdAtMs: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Where an object came from: the file below the folder, '' for a cluster; `folder` switches on what only a folder allows. */
export interface Origin {
  readonly file: string;
  readonly folder: boolean;
}

interface Base {
  readonly meta: Meta;
  readonly origin: Origin;
}

/** networking.k8s.io/v1 Ingress. */
export interface Ingress extends Base {
  readonly kind: 'Ingress';
  readonly className: string | undefined;
  readonly defaultBackend: IngressBackend | undefined;
  readonly rules: readonly IngressRule[];
  readonly tls: readonly IngressTls[];
  /** As the cluster last said it; undefined in a folder. */
  readonly status: IngressStatus | undefined;
  /** Parts that were left out. Told only where the Ingress is ours: what another controller makes of it is not our business. */
  readonly problems: readonly Problem[];
}

/** A part of an object that is not allowed, while the rest of the object stands. */
export interface Problem {
  /** As in `Refusal.field`. */
  readonly field: string;
  readonly message: string;
}

export interface IngressRule {
  /** As written, `spec.rules[2]`: a refused neighbour does not shift it. */
  readonly field: string;
  /** Lower case; '' for every host; `*.a.test` for one label in front. */
  readonly host: string;
  /** undefined: the rule has no `http`, so its host belongs to the default backend. */
  readonly paths: readonly IngressPath[] | undefined;
}

export interface IngressPath {
  /** As written, `spec.rules[2].http.paths[0]`. */
  readonly field: string;
  readonly pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific';
  /** Begins with a slash; otherwise as written, not yet canonical. */
  readonly path: string;
  readonly backend: IngressBackend;
}

/** One entry of `spec.tls` that names a Secret, which stands in the Ingress's own namespace. */
export interface IngressTls {
  /** As written, `spec.tls[1].secretName`. */
  readonly field: string;
  readonly secretName: string;
}

export interface IngressStatus {
  /** `status.loadBalancer.ingress` */
  readonly addresses: readonly PublishedAddress[];
  /** The Komainus of the cluster, by their field managers, of which it says that they wrote these addresses. */
  readonly writers: readonly string[];
}

/** As the API writes it: one of them, or both. */
export interface PublishedAddress {
  readonly ip?: string;
  readonly hostname?: string;
}

export interface IngressBackend {
  readonly service: string;
  /** A name or a number, never both. */
  readonly port: string | number;
}

/** networking.k8s.io/v1 IngressClass. */
export interface IngressClass extends Base {
  readonly kind: 'IngressClass';
  readonly controller: string;
  readonly isDefault: boolean;
}

/** v1 Service. */
export interface Service extends Base {
  readonly kind: 'Service';
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  readonly externalName: string | undefined;
  readonly ports: readonly ServicePort[];
  /** From the annotation `komainu.dev/endpoints`, in a folder only; they serve every port. */
  readonly namedEndpoints: readonly Endpoint[] | undefined;
  /** From its annotations. */
  readonly policy: BackendPolicy;
}

export interface ServicePort {
  /** '' where the only port has no name. */
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol: string | undefined;
  /** As written; used only for ExternalName, since slices carry the port they mean. */
  readonly targetPort: string | number | undefined;
}

/** discovery.k8s.io/v1 EndpointSlice. */
export interface EndpointSlice extends Base {
  readonly kind: 'EndpointSlice';
  /** From the label `kubernetes.io/service-name`. */
  readonly service: string;
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN';
  readonly ports: readonly { readonly name: string; readonly port: number | undefined; readonly protocol: string }[];
  readonly endpoints: readonly SliceEndpoint[];
  /** Of each of its endpoints, from the annotation `komainu.dev/weight`. */
  readonly weight: number;
}

/** Conditions as discovery/v1 reads them: unknown `ready` and `serving` count as true, unknown `terminating` as false. */
export interface SliceEndpoint {
  /** Of the slice's address type, IPv6 in its shortest form (RFC 5952). All serve: they are addresses of one endpoint. */
  readonly addresses: readonly string[];
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

/** v1 Secret of type kubernetes.io/tls, of a cluster only. */
export interface Secret extends Base {
  readonly kind: 'Secret';
  /** `tls.crt`: the certificate and what stands behind it up to its authority, in PEM. */
  readonly certificate: Uint8Array;
  /** `tls.key`, in PEM. */
  readonly key: PrivateBytes;
}

export type KubeObject = Ingress | IngressClass | Service | EndpointSlice | Secret;
export type Kind = KubeObject['kind'];
export type OfKind<K extends Kind> = Extract<KubeObject, { kind: K }>;
