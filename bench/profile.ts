import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What we read of a `.cpuprofile` as V8 writes it. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    /** Lines count from 0; V8's own entries, `(idle)` among them, have an empty url. */
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  /** Node ids, one for each moment of `timeDeltas`. */
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

export interface SelfTime {
  /** `name file.js:line`, or V8's own word such as `(garbage collector)`. */
  readonly place: string;
  /** Of the time in which the thread was not idle. */
  readonly share: number;
}

const SHOWN = 30;

/** Where a thread spent its busy time, functions it called left out; the most expensive place first. */
export function selfTimesOf(profile: CpuProfile): SelfTime[] {
  const places = new Map(profile.nodes.map((node) => [node.id, placeOf(node.callFrame)]));
  const spent = new Map<string, number>();
  profile.samples.forEach((id, index) => {
    const place = places.get(id) as string;
    spent.set(place, (spent.get(place) ?? 0) + Math.max(0, profile.timeDeltas[index] as number));
  });
  spent.delete('(idle)');
  const busy = [...spent.values()].reduce((sum, us) => sum + us, 0);
  return Array.from(spent, ([place, us]) => ({ place, share: us / busy })).toSorted((a, b) => b.share - a.share);
}

function placeOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  if (url === '') return functionName;
  return `${functionName || '(anonymous)'} ${basename(url)}:${lineNumber + 1}`;
}

/** One text for each thread's profile anywhere below a folder, the most expensive places of each. */
export function readProfiles(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.cpuprofile'),
  );
  return files.sort().map((name) => {
    const file = join(folder, name);
    const times = selfTimesOf(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile);
    const lines = times
      .slice(0, SHOWN)
      .map(({ place, share }) => `${(share * 100).toFixed(1).padStart(6)} %  ${place}`);
    return [file, ...lines].join('\n');
  });
}
