import { buildVersion } from '../observe/build-info.ts';
import { type Cluster, connectCluster } from './cluster/connect-cluster.ts';
import { type ClusterWriter, startClusterWriter } from './cluster-writer.ts';
import { type Feed, type FeedParts, publishStore, translateOptions } from './feed.ts';
import { ObjectStore } from './object-store.ts';
import { type KubernetesSource, startKubernetesSource } from './sources/kubernetes/kubernetes-source.ts';

/** A cluster. Without its API server the feed waits; only without a usable kubeconfig it fails. */
export function startClusterFeed(parts: FeedParts): Feed {
  return new ClusterFeed(parts);
}

class ClusterFeed implements Feed {
  readonly first: Promise<void>;
  readonly #parts: FeedParts;
  readonly #store = new ObjectStore();
  #cluster: Cluster | undefined;
  #source: KubernetesSource | undefined;
  #writer: ClusterWriter | undefined;
  #stopped = false;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    this.first = this.#start();
  }

  facts() {
    return this.#source?.facts();
  }

  writerFacts() {
    return this.#writer?.facts();
  }

  async stopWriting(): Promise<void> {
    await this.#writer?.stop();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.stopWriting();
    await this.#source?.stop();
    await this.#cluster?.close();
  }

  async #start(): Promise<void> {
    const { settings, ledger, clock, dice, log } = this.#parts;
    const { kubeconfig, kubeContext: context } = settings;
    const cluster = await connectCluster({ kubeconfig, context, log, clock });
    this.#cluster = cluster;
    if (this.#stopped) return await cluster.close();
    log.info({ server: cluster.server }, 'reading the cluster');
    const options = translateOptions(settings);
    const source = await startKubernetesSource({
      ...{
        api: cluster,
        server: cluster.server,
        settings,
        options,
        stateDir: settings.stateDir,
        version: buildVersion(),
      },
      ...{ store: this.#store, ledger, clock, dice, log },
    });
    this.#source = source;
    if (this.#stopped) return await source.stop();
    this.#writer = startClusterWriter({ ...this.#parts, api: cluster, store: this.#store, source });
    await source.ready;
    if (this.#stopped) return;
    await publishStore(this.#store, this.#parts);
  }
}
