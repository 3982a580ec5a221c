import { StartupError } from '../base/startup-error.ts';
import { type Feed, type FeedParts, publishStore } from './feed.ts';
import { ObjectStore } from './object-store.ts';
import { startFolderSource } from './sources/folder/folder-source.ts';

/** A folder of manifests. */
export function startFolderFeed(parts: FeedParts): Feed {
  const source = start(parts);
  return {
    first: source.then(() => {}),
    facts: () => undefined,
    writerFacts: () => undefined,
    stopWriting: () => Promise.resolve(),
    stop: () => source.then((started) => started.stop()).catch(() => {}), // its failure was the reason to end
  };
}

async function start(parts: FeedParts): Promise<{ stop(): void }> {
  const { settings, publisher, ledger, clock, log } = parts;
  const { manifests: dir, folderQuietMs, folderMaxWaitMs, folderPollMs } = settings;
  if (dir === undefined) throw new StartupError('There is nothing to serve: name a folder with --manifests.');
  const store = new ObjectStore();
  const source = await startFolderSource({
    ...{ dir, store, ledger, clock, log },
    ...{ quietMs: folderQuietMs, maxWaitMs: folderMaxWaitMs, pollMs: folderPollMs },
  });
  await publishStore(store, parts);
  if (publisher.current === undefined) throw new StartupError(`The manifests in ${dir} cannot be compiled.`);
  return source;
}
