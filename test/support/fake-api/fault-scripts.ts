import type { FakeApi } from './fake-api.ts';

/** One way for the API server to be slow, lying or gone, while objects change. */
export interface FaultScript {
  readonly name: string;
  /** Before the client starts. */
  readonly before?: (fake: FakeApi) => void | Promise<void>;
  /** The client watches. `change` changes objects; each call changes others. */
  readonly begin?: (fake: FakeApi, change: () => void) => void | Promise<void>;
  /** How long it lasts; only some faults need time to show. */
  readonly lastsMs?: number;
  /** The server is well again. */
  readonly end?: (fake: FakeApi) => void | Promise<void>;
}

/** A watch that falls behind: it hears nothing more, and then its version is too old. */
function leaveBehind(fake: FakeApi, change: () => void): void {
  fake.deafenWatches();
  change();
  fake.expire();
}

const well = (fake: FakeApi): void => fake.faults.clear();

const storm = (status: number, retryAfterSeconds?: number) => ({
  begin: (fake: FakeApi, change: () => void): void => {
    const pause = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    fake.fault({ on: 'any', misdeed: { do: 'answer', status, ...pause } });
    fake.cutWatches();
    change();
  },
  lastsMs: 120_000,
  end: well,
});

/** What each must end with: the client knows what a fresh list says, and has as many connections as before. */
export const faultScripts: readonly FaultScript[] = [
  { name: 'it is down at the start', before: (fake) => fake.down(), lastsMs: 60_000, end: (fake) => fake.up() },
  {
    name: 'it goes and comes back',
    begin: async (fake, change) => {
      await fake.down();
      change();
    },
    lastsMs: 60_000,
    end: (fake) => fake.up(),
  },
  {
    name: 'it goes again and again',
    begin: async (fake, change) => {
      for (let i = 0; i < 5; i++) {
        await fake.down();
        change();
        await fake.up();
      }
    },
    lastsMs: 10_000,
  },
  {
    name: 'it takes everything and says nothing, for hours',
    begin: (fake, change) => {
      fake.fault({ on: 'any', misdeed: { do: 'hang' } });
      fake.deafenWatches();
      change();
    },
    lastsMs: 3 * 3_600_000,
    end: well,
  },
  {
    name: 'a watch is open and dead',
    begin: (fake, change) => {
      fake.deafenWatches();
      change();
    },
    lastsMs: 400_000,
  },
  { name: 'it says 429 and asks for a pause', ...storm(429, 15) },
  { name: 'it says 500', ...storm(500) },
  { name: 'it says 503 and asks for a pause', ...storm(503, 5) },
  { name: 'it says 401', ...storm(401) },
  { name: 'watches become too old', begin: leaveBehind },
  {
    name: 'watches become too old, and lists too while they are read',
    begin: (fake, change) => {
      fake.fault({ on: 'list', times: 4, misdeed: { do: 'answer', status: 410 } });
      leaveBehind(fake, change);
    },
  },
  {
    name: 'watches are refused as too old when they are opened',
    begin: (fake, change) => {
      fake.fault({ on: 'watch', times: 3, misdeed: { do: 'answer', status: 410 } });
      fake.cutWatches();
      change();
    },
  },
  {
    name: 'a line of a watch is cut',
    begin: (fake, change) => {
      fake.say('{"type":"MODIFIED","object":{"kind":"Ser');
      fake.cutWatches();
      change();
    },
  },
  {
    name: 'watches say garbage',
    begin: (fake, change) => {
      fake.say('\u0000\u0001<html>\n');
      change();
    },
  },
  {
    name: 'a line of a watch never ends',
    begin: (fake, change) => {
      for (let i = 0; i < 18; i++) fake.say('x'.repeat(1 << 20));
      change();
    },
  },
  {
    name: 'lists are garbage',
    begin: (fake, change) => {
      for (const bytes of ['', 'null', '[]', '{"items":[{}]}', '<html>', '{"metadata":{"resourceVersion":"1"}']) {
        fake.fault({ on: 'list', times: 1, misdeed: { do: 'say', bytes } });
      }
      leaveBehind(fake, change);
    },
  },
  {
    name: 'lists are cut',
    begin: (fake, change) => {
      for (const afterBytes of [0, 10, 100, 300])
        fake.fault({ on: 'list', times: 1, misdeed: { do: 'cut', afterBytes } });
      leaveBehind(fake, change);
    },
  },
  {
    name: 'watches say everything twice',
    begin: (fake, change) => {
      const before = fake.history.revision;
      change();
      for (const { type, object } of fake.history.since(before)) fake.sayEvent(type, object);
      change();
    },
  },
  {
    name: 'watches say what was true long ago',
    begin: (fake, change) => {
      const before = fake.history.revision;
      change();
      change();
      const [{ object, before: older }] = fake.history.since(before);
      fake.sayEvent('ADDED', older ?? object);
      change();
    },
  },
  {
    name: 'a list is empty by mistake, once',
    begin: (fake, change) => {
      fake.fault({ on: 'list', times: 1, misdeed: { do: 'lie', objects: () => [] } });
      leaveBehind(fake, change);
    },
  },
  {
    name: 'a page of a list is missing',
    begin: (fake, change) => {
      fake.fault({ on: 'list', times: 1, misdeed: { do: 'skip-page' } });
      leaveBehind(fake, change);
    },
  },
  {
    name: 'it goes back in time',
    before: (fake) => void backups.set(fake, fake.backup()),
    begin: (fake, change) => {
      change();
      change();
      fake.restore(backups.get(fake) as ReturnType<FakeApi['backup']>);
    },
    lastsMs: 30_000,
  },
  {
    name: 'lists come one byte a second',
    begin: (fake, change) => {
      fake.fault({ on: 'list', times: 3, misdeed: { do: 'drip', bytes: 1, everyMs: 1000 } });
      leaveBehind(fake, change);
    },
    lastsMs: 200_000,
  },
];

const backups = new WeakMap<FakeApi, ReturnType<FakeApi['backup']>>();
