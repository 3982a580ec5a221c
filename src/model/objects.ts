/** The Kubernetes objects we read, cut down to the fields we read; checked, so types tell the truth. */

export interface Meta {
  readonly namespace: string;
  readonly name: string;
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
}

export interface IngressRule {
  /** Lower case; '' for every host; `*.a.test` for one label in front. */
  readonly host: string;
  /** undefined: the rule has no `http`, so its host belongs to the default backend. */
  readonly paths: readonly IngressPath[] | undefined;
}

export interface IngressPath {
  readonly pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific';
  readonly path: string;
  readonly backend: IngressBackend;
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
}

export interface ServicePort {
  /** '' where the only port has no name. */
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol: string | undefined;
  /** As written; used only for headless Services without slices and for ExternalName. */
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
}

/** Conditions as KEP-1672 reads them: unknown `ready` counts as true, unknown `serving` as `ready`, unknown `terminating` as false. */
export interface SliceEndpoint {
  readonly addresses: readonly string[];
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

export type KubeObject = Ingress | IngressClass | Service | EndpointSlice;
export type Kind = KubeObject['kind'];
export type OfKind<K extends Kind> = Extract<KubeObject, { kind: K }>;
