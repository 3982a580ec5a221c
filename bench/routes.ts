/** A host and the address of the backend that alone serves it. */
export interface Route {
  readonly host: string;
  /** One of the many loopback addresses of Linux. */
  readonly address: string;
}

/** The first `count` hosts; each with an address, and so a pool of upstream connections, of its own. */
export function routesOf(count: number): Route[] {
  return Array.from({ length: count }, (_, index) => ({
    host: `host-${index}.test`,
    address: `127.1.${index >> 8}.${index & 255}`,
  }));
}
