/** `namespace/service:port`. Names have neither slash nor colon, and a port's name is never all digits. */
export const backendKey = (namespace: string, service: string, port: string | number): string =>
  `${namespace}/${service}:${port}`;

export interface BackendName {
  readonly namespace: string;
  readonly service: string;
  readonly port: string | number;
}

export function readBackendKey(key: string): BackendName {
  const slash = key.indexOf('/');
  const colon = key.lastIndexOf(':');
  const port = key.slice(colon + 1);
  return {
    namespace: key.slice(0, slash),
    service: key.slice(slash + 1, colon),
    port: /^\d+$/.test(port) ? Number(port) : port,
  };
}
