/** The settings that decide what the objects mean. */
export interface TranslateOptions {
  /** Name of the IngressClass that is ours, `komainu`. */
  readonly ingressClass: string;
  /** `spec.controller` of IngressClasses that are ours, `komainu.dev/ingress-controller`. */
  readonly controller: string;
  /** Takes what no rule of any Ingress takes. */
  readonly defaultBackend:
    | { readonly namespace: string; readonly service: string; readonly port: string | number }
    | undefined;
  /** Whether Services of type ExternalName are forwarded to. */
  readonly externalName: boolean;
}
