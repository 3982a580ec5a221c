/** Names one Kubernetes object; `namespace` is empty for cluster-scoped kinds. */
export interface ObjectRef {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Stable words: tests, metrics and people search for them. */
export type RefusalReason =
  | 'FileUnreadable' // the file cannot be read or is larger than the limit
  | 'FileMalformed' // the file is not YAML or JSON, or not a Kubernetes object
  | 'ObjectInvalid' // a field is missing or has a value that is not allowed
  | 'ObjectDuplicate' // the same object stands in an earlier file
  | 'ClassUnknown' // the Ingress names a class that is ours by name but has no usable IngressClass
  | 'PathConflict' // an older Ingress has this host and path
  | 'ServiceMissing'
  | 'ServicePortMissing'
  | 'ServiceUnsupported' // ExternalName while it is switched off, an appProtocol we do not speak
  | 'EndpointInvalid' // one address of a slice or of the endpoints annotation
  | 'EndpointMissing' // nothing in the folder names an endpoint of the Service
  | 'SecretMissing'
  | 'SecretInvalid' // it is there and has no certificate and key that can be read
  | 'DefaultBackendInvalid';

/** Something a person wrote that Komainu does not do, said so that its author can find and mend it. */
export interface Refusal {
  /** Path of the manifest below its folder, or '' where the source is no folder. */
  readonly file: string;
  readonly object: ObjectRef | null;
  /** As a person would write it: `spec.rules[0].http.paths[1].backend.service.name`; '' for the whole object. */
  readonly field: string;
  readonly reason: RefusalReason;
  /** One sentence that names the wrong value and what is allowed. */
  readonly message: string;
}

/** `Ingress shop/web`, `IngressClass komainu`. */
export const refText = (ref: ObjectRef): string =>
  ref.namespace === '' ? `${ref.kind} ${ref.name}` : `${ref.kind} ${ref.namespace}/${ref.name}`;
