import type { Running } from './fleet.ts';
import type { Route } from './routes.ts';

/** A proxy under measurement: where to send load, and the program whose process tree is counted. */
export interface Contestant {
  readonly name: string;
  readonly version: string;
  readonly running: Running;
  readonly url: string;
}

/** What every proxy is told. */
export interface ProxyPlan {
  readonly version: string;
  /** Hosts with a backend of their own; any other host goes to 127.0.0.1. */
  readonly routes: readonly Route[];
  /** On every address. */
  readonly backendPort: number;
  /** For its configuration; made when missing. */
  readonly folder: string;
}

export interface PeerPlan extends ProxyPlan {
  readonly program: string;
  readonly workers: number;
}
