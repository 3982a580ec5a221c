/** What one scenario asks of every proxy. All of them share load, rounds and figures. */
export interface Scenario {
  /** As `--scenario` takes it. */
  readonly name: string;
  readonly title: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Sent with each request; the backend counts a request only when all of it has come. */
  readonly bodyBytes: number;
  /** How many hosts it asks for, each with a route and a backend address of its own; 0: one route for every host. */
  readonly hosts: number;
  /** Each request on a client connection of its own: what the proxy saves is upstream only. */
  readonly closes: boolean;
  /** What Komainu's CPU per request may be of the better peer's. */
  readonly aim?: Aim;
}

export interface Aim {
  readonly ratio: number;
  /** Better still. */
  readonly wish?: number;
}

export const KIB = 1024;

export const scenarios: readonly Scenario[] = [
  {
    name: '1k',
    title: '1 KiB answers',
    method: 'GET',
    path: '/',
    bodyBytes: 0,
    hosts: 0,
    closes: false,
    aim: { ratio: 1.2, wish: 1.1 },
  },
  {
    name: '64k',
    title: '64 KiB answers',
    method: 'GET',
    path: '/64k',
    bodyBytes: 0,
    hosts: 0,
    closes: false,
    aim: { ratio: 0.85 },
  },
  {
    name: 'post',
    title: '16 KiB POST',
    method: 'POST',
    path: '/',
    bodyBytes: 16 * KIB,
    hosts: 0,
    closes: false,
    aim: { ratio: 1.4 },
  },
  {
    name: 'routes',
    title: '1,000 routes on 1,000 hosts',
    method: 'GET',
    path: '/',
    bodyBytes: 0,
    hosts: 1000,
    closes: false,
    aim: { ratio: 1.2, wish: 1.1 },
  },
  {
    name: 'close',
    title: 'A client connection for each request',
    method: 'GET',
    path: '/',
    bodyBytes: 0,
    hosts: 0,
    closes: true,
  },
];

/** Bodies, of requests and answers, are this word again and again. */
export const BODY_WORD = 'komainu ';

export function bodyOf(bytes: number): string {
  return BODY_WORD.repeat(bytes / BODY_WORD.length);
}
