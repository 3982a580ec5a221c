import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Komainu, runKomainu } from '../../support/start-komainu.ts';

export interface InClusterOptions {
  /** Path: `cluster.kubeconfig()` or an account's; undefined: as in a pod. */
  readonly kubeconfig: string | undefined;
  /** What the process calls itself, as a pod would. */
  readonly podName?: string;
  readonly podNamespace?: string;
  readonly shards?: number;
  /** Added to, and where a flag is repeated put in the place of, the usual flags. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Do not wait until it serves and is ready. */
  readonly waits?: boolean;
}

/** The real program with a cluster as its source. Start as many as you like. */
export async function startInCluster(options: InClusterOptions): Promise<Komainu> {
  const { kubeconfig, podName, podNamespace, shards = 2, args = [], waits = true } = options;
  const usual: [flag: string, value: string][] = [
    ...(kubeconfig === undefined ? [] : ([['--kubeconfig', kubeconfig]] satisfies [string, string][])),
    ['--http-port', '0'],
    ['--admin-port', '0'],
    ['--shards', String(shards)],
    ['--pre-stop-ms', '0'],
    ['--grace-ms', '3000'],
  ];
  const flags = usual.filter(([flag]) => !args.includes(flag)).flat();
  const pod = { ...(podName && { POD_NAME: podName }), ...(podNamespace && { POD_NAMESPACE: podNamespace }) };
  const folder = mkdtempSync(join(tmpdir(), 'komainu-test-'));
  const komainu = runKomainu(['serve', '--kubernetes', ...flags, ...args], { env: { ...pod, ...options.env } }, folder);
  if (!waits) return komainu;
  try {
    await komainu.serving();
    await untilReady(komainu);
    return komainu;
  } catch (error) {
    await komainu[Symbol.asyncDispose]();
    throw error;
  }
}

export async function untilReady(komainu: Komainu, deadlineMs = 30_000): Promise<void> {
  await komainu.until('it is ready', async () => (await komainu.admin('/readyz')).status === 200, deadlineMs);
}
