import type { Clock } from '../base/clock.ts';
import type { Dice } from '../base/dice.ts';
import type { Log } from '../observe/log.ts';
import type { Settings } from '../settings.ts';
import type { WriterFacts } from './cluster-writer.ts';
import type { ObjectStore } from './object-store.ts';
import { startPipeline } from './pipeline.ts';
import { leaderPublisher } from './publish/leader-publisher.ts';
import type { Publisher } from './publish/publisher.ts';
import type { RefusalLedger } from './refusal-ledger.ts';
import type { SourceFacts } from './sources/kubernetes/source-facts.ts';
import type { TranslateOptions } from './translate/options.ts';

/** A source with its store and its pipeline: what keeps the publisher fed. */
export interface Feed {
  /** The first generation is published. Rejects with StartupError when there never will be one. */
  readonly first: Promise<void>;
  /** undefined for a source that is always whole. */
  facts(): SourceFacts | undefined;
  /** undefined where nothing is written back. */
  writerFacts(): WriterFacts | undefined;
  /** Others may write from here on; what is read and served stays. Never rejects. */
  stopWriting(): Promise<void>;
  /** At any time, also before the first generation; never rejects. */
  stop(): Promise<void>;
}

export interface FeedParts {
  readonly settings: Settings;
  readonly publisher: Publisher;
  readonly ledger: RefusalLedger;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly log: Log;
}

export function translateOptions(settings: Settings): TranslateOptions {
  const { ingressClass, controller, defaultBackend, allowExternalName } = settings;
  return { ingressClass, controller, defaultBackend, externalName: allowExternalName };
}

/** Publishes what the store holds and from here on each change of it; resolves after the first. */
export function publishStore(store: ObjectStore, parts: FeedParts): Promise<void> {
  const { settings, publisher, ledger, clock, log } = parts;
  const { role, leaderHosts, publishIntervalMs: intervalMs } = settings;
  const narrowed = role === 'leader' ? leaderPublisher(publisher, leaderHosts) : publisher;
  const options = translateOptions(settings);
  return startPipeline({ store, publisher: narrowed, ledger, options, clock, intervalMs, log });
}
