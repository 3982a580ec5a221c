// Loaded into the program: a world without a name server, in which the names of EXTERNAL_NAMES have addresses.
import dns from 'node:dns';

const addresses = new Map(Object.entries(JSON.parse(process.env.EXTERNAL_NAMES)));
const systemLookup = dns.lookup;

dns.lookup = (name, options, callback) => {
  const address = addresses.get(name);
  if (name.endsWith('.invalid')) return process.nextTick(() => callback(new Error(`nobody knows ${name}`)));
  if (address === undefined) return systemLookup(name, options, callback);
  process.nextTick(() => (options.all ? callback(null, [{ address, family: 4 }]) : callback(null, address, 4)));
};
