/** From a changed object to published bytes: what one change of a cluster costs the main thread, without its JSON. */
import { Bench } from 'tinybench';
import { systemDice } from '../../src/base/dice.ts';
import { finish } from '../../src/base/slices.ts';
import { Compiler } from '../../src/control/compile/compile.ts';
import { ObjectStore } from '../../src/control/object-store.ts';
import { BufferRing } from '../../src/control/publish/buffer-ring.ts';
import { Publisher } from '../../src/control/publish/publisher.ts';
import { admit } from '../../src/control/sources/admit/admit.ts';
import { type Snapshots, Translation } from '../../src/control/translate/translation.ts';
import type { KubeObject } from '../../src/model/objects.ts';
import { clusterIngress, clusterService, ingressClass, slice } from '../../test/support/cluster-stage.ts';

const SIZES = [3000, 20_000];
const options = {
  ingressClass: 'komainu',
  controller: 'komainu.dev/ingress-controller',
  defaultBackend: undefined,
  externalName: false,
};

const apiVersions: Readonly<Record<string, string>> = {
  Ingress: 'networking.k8s.io/v1',
  IngressClass: 'networking.k8s.io/v1',
  Service: 'v1',
  EndpointSlice: 'discovery.k8s.io/v1',
};
const admitted = (raw: { readonly kind: string }): KubeObject => {
  const whole = { ...raw, apiVersion: apiVersions[raw.kind] };
  return admit(whole, { file: '', folder: false }).objects[0];
};

/** Turns of an object that differ: the path of an Ingress, the port of a slice. */
const ingressOf = (site: string, turn: number): KubeObject =>
  admitted(clusterIngress(site, [{ host: `${site}.test`, path: `/${turn}`, service: site }]));
const sliceOf = (site: string, turn: number): KubeObject => admitted(slice(site, 8000 + turn));

class Control {
  readonly #store = new ObjectStore();
  readonly #translation = new Translation(this.#store, options);
  #adopted = 0;
  readonly #publisher = new Publisher({
    compiler: new Compiler(systemDice),
    ring: new BufferRing(),
    oldestAdopted: () => this.#adopted,
    send: ({ generation }) => {
      this.#adopted = generation;
    },
  });
  #published: Snapshots | undefined;

  constructor() {
    this.#store.onChange((change) => this.#translation.note(change));
  }

  put(...objects: readonly KubeObject[]): void {
    this.#store.apply({ put: objects, remove: [] });
    const { routes, backends } = finish(this.#translation.run());
    this.#publisher.publish(routes === this.#published?.routes ? { backends } : { routes, backends });
    this.#translation.takeRefusals();
    this.#published = { routes, backends };
  }
}

const bench = new Bench({ time: 1000, warmupTime: 500 });
for (const size of SIZES) {
  const control = new Control();
  const sites = Array.from({ length: size }, (_, i) => `site-${i}`);
  const all = sites.flatMap((site) => [ingressOf(site, 0), admitted(clusterService(site)), sliceOf(site, 0)]);
  control.put(admitted(ingressClass()), ...all);
  let turn = 0;
  const changes = { Ingress: ingressOf, EndpointSlice: sliceOf };
  for (const [kind, changed] of Object.entries(changes)) {
    const change = (): void => {
      turn++;
      control.put(changed(sites[(turn * 617) % size], turn % 1000));
    };
    bench.add(`${size} sites: one ${kind}`, change, { async: false });
  }
}
await bench.run();

const rows = bench.tasks.map(({ name, result }) => {
  if (!('latency' in result)) throw new Error(`${name} was not measured: ${result.state}`);
  return { name, p50Ms: result.latency.p50, p99Ms: result.latency.p99 };
});
console.log('one change, in milliseconds (aim: at most 3 for 3,000 sites)');
for (const { name, p50Ms, p99Ms } of rows) {
  console.log(`${p50Ms.toFixed(3).padStart(9)} ms  (p99 ${p99Ms.toFixed(3).padStart(8)})  ${name}`);
}
console.log(JSON.stringify({ change: rows }));
