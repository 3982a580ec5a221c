import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import type { Dice } from '../../../src/base/dice.ts';
import { connectCluster } from '../../../src/control/cluster/connect-cluster.ts';
import { type Resource, resources } from '../../../src/control/cluster/resources.ts';
import { Reflector } from '../../../src/control/sources/kubernetes/reflector.ts';
import type { Delta, ReflectorParts } from '../../../src/control/sources/kubernetes/reflector-parts.ts';
import { KeptLog } from '../kept-log.ts';
import type { FakeApi } from './fake-api.ts';

/** What the tests keep of an object. */
export interface Kept {
  readonly key: string;
  readonly uid: string;
  readonly version: string;
  readonly weight: number;
}

export interface ReflectionOptions {
  readonly fake: FakeApi;
  readonly clock?: Clock;
  readonly resource?: Resource;
  readonly more?: Partial<ReflectorParts<Kept>>;
}

export const middlingDice: Dice = { below: (limit) => limit >> 1, seed: () => 1 };

/** A reflector at work on a fake API server, and what its sink knows. */
export interface Reflection extends AsyncDisposable {
  readonly reflector: Reflector<Kept>;
  readonly deltas: Delta<Kept>[];
  readonly seen: ReadonlyMap<string, Kept>;
  readonly log: KeptLog;
  /** What a fresh list would hold. */
  truth(): Map<string, Kept>;
  isTrue(): boolean;
}

export async function reflect({
  fake,
  clock = systemClock,
  resource = resources.service,
  more,
}: ReflectionOptions): Promise<Reflection> {
  const log = new KeptLog();
  const kubeconfig = fake.kubeconfig(mkdtempSync(join(tmpdir(), 'komainu-api-')));
  const api = await connectCluster({ kubeconfig, log, clock });
  const seen = new Map<string, Kept>();
  const deltas: Delta<Kept>[] = [];
  const sink = {
    apply: (delta: Delta<Kept>): void => {
      deltas.push(delta);
      for (const kept of delta.put) seen.set(kept.key, kept);
      for (const { namespace, name } of delta.remove) seen.delete(`${namespace}/${name}`);
    },
  };
  const parts = { api, resource, namespace: undefined, keep, weigh, sink, clock, dice: middlingDice, log, ...more };
  const reflector = new Reflector<Kept>(parts);
  const truth = (): Map<string, Kept> =>
    new Map(
      fake
        .all(resource.kind)
        .map((object) => keep(object))
        .map((kept) => [kept.key, kept]),
    );
  reflector.start();
  return {
    ...{ reflector, deltas, seen, log, truth },
    isTrue: () => isSame(seen, truth()),
    [Symbol.asyncDispose]: async () => {
      await reflector.stop();
      await api.close();
    },
  };
}

interface Readable {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
  readonly [field: string]: unknown;
}

function keep({ metadata, weight }: Readable): Kept {
  const { namespace = '', name, uid, resourceVersion } = metadata;
  return {
    key: `${namespace}/${name}`,
    uid,
    version: resourceVersion,
    weight: typeof weight === 'number' ? weight : 1,
  };
}

const weigh = (kept: Kept): number => kept.weight;

function isSame(a: ReadonlyMap<string, Kept>, b: ReadonlyMap<string, Kept>): boolean {
  if (a.size !== b.size) return false;
  return [...a].every(([key, kept]) => b.get(key)?.uid === kept.uid && b.get(key)?.version === kept.version);
}
