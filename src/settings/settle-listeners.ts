import type { ListenerSettings, Settings } from '../settings.ts';
import type { Given } from './given.ts';
import { flagOf } from './setting-names.ts';
import type { SettingKey, SettingValue } from './setting-table.ts';
import type { Choice } from './settle.ts';
import type { ListenerEntry } from './value-schemas.ts';

type ListGiven = Given<SettingValue<'listeners'>>;
type ListenerPart = Pick<Settings, 'listeners' | 'adminAddress' | 'adminPort'>;

/** Flat settings are short forms for the entries with these names. */
const shortForms = { host: ['http', 'https'], httpPort: ['http'], engine: ['http', 'https'] } as const;

export function settleListeners(choice: Choice): ListenerPart {
  const listed = choice.given('listeners');
  const listeners = listed === undefined ? usual(choice) : fromList(choice, listed);
  const part = { listeners, adminAddress: choice.value('adminHost'), adminPort: choice.value('adminPort') };
  refuseClashes(choice, listed, part);
  return part;
}

const usual = (choice: Choice): ListenerSettings[] => [
  {
    name: 'http',
    address: choice.value('host'),
    port: choice.value('httpPort'),
    engine: 'node',
    tls: false,
    proxyProtocol: 'off',
    proxyProtocolFrom: [],
  },
];

/** A flat flag or variable outranks the entry it means; in the file itself the list and the flat key contradict each other. */
function fromList(choice: Choice, listed: ListGiven): ListenerSettings[] {
  for (const key of Object.keys(shortForms) as (keyof typeof shortForms)[]) refuseShortForm(choice, listed, key);
  listed.value.forEach((entry, index) => {
    refuseEntry(choice, listed, entry, index);
  });
  const anywhere = choice.machine.ipv6 ? '::' : '0.0.0.0';
  return listed.value.map((entry) => ({
    name: entry.name,
    address: overriding(choice, 'host', entry.name) ?? entry.address ?? anywhere,
    port: overriding(choice, 'httpPort', entry.name) ?? entry.port,
    engine: 'node',
    tls: false,
    proxyProtocol: entry.proxyProtocol ?? 'off',
    proxyProtocolFrom: entry.from ?? [],
  }));
}

const means = (key: keyof typeof shortForms, name: string): boolean =>
  (shortForms[key] as readonly string[]).includes(name);

const overriding = <K extends keyof typeof shortForms>(choice: Choice, key: K, name: string) =>
  means(key, name) ? choice.given(key)?.value : undefined;

function refuseShortForm(choice: Choice, listed: ListGiven, key: keyof typeof shortForms & SettingKey): void {
  const given = choice.given(key);
  if (given?.at().from === 'file') {
    choice.refuse(given, 'is the short form of an entry of `listeners`; say it there, not twice');
  } else if (!listed.value.some((entry) => means(key, entry.name))) {
    const names = shortForms[key].join(' or ');
    choice.refuse(given, `--${flagOf(key)} means the listener ${names}, and \`listeners\` has none of that name`);
  }
}

function refuseEntry(choice: Choice, listed: ListGiven, entry: ListenerEntry, index: number): void {
  if (entry.engine === 'uws') {
    choice.refuse(listed, 'the engine uws is not in this version; leave it out or say node', [index, 'engine']);
  }
  if (entry.tls) choice.refuse(listed, 'TLS is not in this version; leave the listener out', [index, 'tls']);
  const required = entry.proxyProtocol === 'required';
  const named = entry.from !== undefined && entry.from.length > 0;
  if (required && !named) {
    // Whoever may connect here says who the client is, so it is never everybody by silence.
    const message = 'needs `from`: the addresses or blocks of the proxies that may connect, such as [10.0.0.0/8]';
    choice.refuse(listed, message, [index, 'proxyProtocol']);
  }
  if (!required && entry.from !== undefined) {
    choice.refuse(listed, 'means something only with `proxyProtocol: required`; leave it out', [index, 'from']);
  }
}

interface Place {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

const takesAll = (address: string): boolean => address === '::' || address === '0.0.0.0';

const clash = (a: Place, b: Place): boolean =>
  a.port !== 0 && a.port === b.port && (a.address === b.address || takesAll(a.address) || takesAll(b.address));

function refuseClashes(choice: Choice, listed: ListGiven | undefined, part: ListenerPart): void {
  part.listeners.forEach((listener, index) => {
    const earlier = part.listeners.slice(0, index);
    if (earlier.some((other) => other.name === listener.name)) {
      choice.refuse(listed, `an earlier listener is called ${listener.name} too`, [index, 'name']);
    }
    const other = earlier.find((candidate) => clash(candidate, listener));
    if (other)
      choice.refuse(listed, `port ${listener.port} belongs to the listener ${other.name} already`, [index, 'port']);
  });
  refuseAdminClash(choice, listed, part);
}

function refuseAdminClash(choice: Choice, listed: ListGiven | undefined, part: ListenerPart): void {
  const admin = { name: 'admin', address: part.adminAddress, port: part.adminPort };
  const index = part.listeners.findIndex((listener) => clash(listener, admin));
  if (index === -1) return;
  const message = `port ${admin.port} is wanted by the listener ${part.listeners[index].name} and by the admin port`;
  const adminPort = choice.given('adminPort');
  const httpPort = choice.given('httpPort');
  if (adminPort) choice.refuse(adminPort, message);
  else if (httpPort) choice.refuse(httpPort, message);
  else choice.refuse(listed, message, [index, 'port']);
}
