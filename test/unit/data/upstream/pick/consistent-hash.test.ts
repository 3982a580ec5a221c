import { describe, expect, test } from 'vitest';
import type { EndpointState } from '../../../../../src/data/upstream/endpoint-state.ts';
import { endpointsOf, headOf, NOW, OUT_MS, Picking } from '../../../../support/picking.ts';

const byAddress = { kind: 'hash-address' } as const;
const byTenant = { kind: 'hash-header', name: 'x-tenant' } as const;

const KEYS = 20_000;
const addressOf = (key: number): string => `192.${key >> 16}.${(key >> 8) & 255}.${key & 255}`;
const textOf = (endpoint: EndpointState | undefined): string | undefined => endpoint?.address;

/** Where each key goes. */
const placesOf = (picking: Picking): (string | undefined)[] =>
  Array.from({ length: KEYS }, (_, key) => textOf(picking.pick({ address: addressOf(key) })));

const countsOf = (picking: Picking): number[] => picking.counts(KEYS, (key) => ({ address: addressOf(key) }));

describe('client address', () => {
  test('one address always goes to one endpoint, in every shard', () => {
    const shards = [1, 2, 3].map((seed) => new Picking(endpointsOf(5), { balancing: byAddress, seed }));
    for (const address of ['10.0.0.1', '10.0.0.2', '2001:db8::1', '2001:db8::2', '127.0.0.1']) {
      const places = shards.flatMap((shard) => [1, 2, 3].map(() => textOf(shard.pick({ address }))));
      expect(new Set(places).size).toBe(1);
    }
  });

  test('it is the same endpoint in every version: replicas of two versions agree', () => {
    const picking = new Picking(endpointsOf(5), { balancing: byAddress });
    const places = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '2001:db8::1'].map((address) => picking.index({ address }));
    expect(places).toEqual([1, 3, 3, 1]);
  });

  test('behind a trusted proxy it is the client that it names, and a client alone cannot name another', () => {
    const picking = new Picking(endpointsOf(50), { balancing: byAddress });
    const home = picking.index({ address: '192.0.2.7' });
    const head = headOf('X-Forwarded-For: 198.51.100.1, 192.0.2.7');
    expect(picking.index({ head, address: '127.0.0.9' })).toBe(home);
    expect(picking.index({ head, address: '10.0.0.1' })).toBe(picking.index({ address: '10.0.0.1' }));
  });

  test.each([2, 4, 10, 100])('%i endpoints have even shares', (count) => {
    const counts = countsOf(new Picking(endpointsOf(count), { balancing: byAddress }));
    const mean = KEYS / count;
    // By chance alone the largest of 100 shares of 200 is about 240.
    expect(Math.max(...counts)).toBeLessThan(mean + 5 * Math.sqrt(mean));
    expect(Math.min(...counts)).toBeGreaterThan(mean - 5 * Math.sqrt(mean));
  });

  test('shares follow the weights', () => {
    const weights = [10, 5, 1];
    const counts = countsOf(new Picking(endpointsOf(3), { balancing: byAddress, weights }));
    for (const [index, weight] of weights.entries()) {
      const share = (KEYS * weight) / 16;
      expect(Math.abs(counts[index]! - share)).toBeLessThan(5 * Math.sqrt(share));
    }
  });

  test.each([2, 5, 10, 50])(
    'when one of %i endpoints leaves, its keys move and no others, and back when it returns',
    (count) => {
      const all = endpointsOf(count);
      const before = placesOf(new Picking(all, { balancing: byAddress }));
      const gone = all[count >> 1]!;
      const after = placesOf(
        new Picking(
          all.filter((one) => one !== gone),
          { balancing: byAddress },
        ),
      );
      const moved = before.filter((place, key) => place !== after[key]);
      expect(new Set(moved)).toEqual(new Set([gone.address]));
      expect(moved.length).toBeLessThan(KEYS / count + 5 * Math.sqrt(KEYS / count));
      // Spread over all that are left, not handed to one neighbour.
      const heirs = new Set(after.filter((_, key) => before[key] === gone.address));
      expect(heirs.size).toBe(count - 1);
    },
  );

  test('a larger weight draws keys to its endpoint and moves no other key', () => {
    const before = placesOf(new Picking(endpointsOf(4), { balancing: byAddress, weights: [2, 2, 2, 2] }));
    const after = placesOf(new Picking(endpointsOf(4), { balancing: byAddress, weights: [2, 2, 3, 2] }));
    const arrived = after.filter((place, key) => place !== before[key]);
    expect(new Set(arrived)).toEqual(new Set(['10.1.0.2']));
  });

  test('an endpoint that is out lends its keys to the others until it is back', () => {
    const picking = new Picking(endpointsOf(5), { balancing: byAddress });
    const before = placesOf(picking);
    picking.leaveOut(2);
    const during = placesOf(picking);
    expect(during).not.toContain('10.1.0.2');
    expect(before.every((place, key) => place === '10.1.0.2' || place === during[key])).toBe(true);
    expect(new Set(during.filter((_, key) => before[key] === '10.1.0.2')).size).toBe(4);
    expect(placesOf(picking)).toEqual(during);
    picking.bringBack(2);
    expect(placesOf(picking)).toEqual(before);
  });

  test('a key of the endpoint that is out may be its probe', () => {
    const picking = new Picking(endpointsOf(2), { balancing: byAddress });
    const home = picking.index({ address: '10.0.0.1' });
    picking.leaveOut(home);
    expect(picking.index({ address: '10.0.0.1' })).toBe(1 - home);
    picking.moment = NOW + OUT_MS + 2;
    expect([1, 2].map(() => picking.index({ address: '10.0.0.1' }))).toEqual([home, 1 - home]);
  });

  test('the endpoint that has just failed is not picked again', () => {
    const picking = new Picking(endpointsOf(3), { balancing: byAddress });
    const not = picking.pick();
    expect(picking.pick({ not })).toBeDefined();
    expect(picking.pick({ not })).not.toBe(not);
    const alone = new Picking(endpointsOf(1), { balancing: byAddress });
    expect(alone.pick({ not: alone.endpoints[0] })).toBeUndefined();
  });
});

describe('header', () => {
  const picking = () => new Picking(endpointsOf(20), { balancing: byTenant });
  const tenants = Array.from({ length: 200 }, (_, i) => `tenant-${i}`);

  test('one value goes to one endpoint, however the line is written; other values go elsewhere', () => {
    const shard = picking();
    const places = new Set<number>();
    for (const tenant of tenants) {
      const heads = [
        headOf(`X-Tenant: ${tenant}`),
        headOf('Accept: */*', `x-tenant:\t ${tenant} \t`, 'X-Tenants: other', `X-Tenant: second`),
        headOf('X-Tenan: a', 'X-Tenantt: b', 'Connection: close', `X-TENANT:${tenant}`),
      ];
      const found = new Set(heads.map((head) => shard.index({ head })));
      expect(found.size).toBe(1);
      places.add([...found][0]!);
    }
    expect(places.size).toBe(20);
  });

  test('letter case of a value counts', () => {
    const shard = picking();
    const differ = tenants.filter((tenant) => {
      const heads = [headOf(`X-Tenant: ${tenant}`), headOf(`X-Tenant: ${tenant.toUpperCase()}`)];
      return shard.index({ head: heads[0]! }) !== shard.index({ head: heads[1]! });
    });
    expect(differ.length).toBeGreaterThan(150);
  });

  test.each([
    ['no such line', headOf('Accept: */*')],
    ['an empty value', headOf('X-Tenant:', 'Accept: */*')],
    ['a value of spaces', headOf('X-Tenant:   ')],
    ['no header lines but Host', headOf()],
    ['a line that Connection takes away', headOf('Connection: x-tenant', 'X-Tenant: a')],
  ])('%s: requests go round', (_, head) => {
    expect(picking().counts(40, () => ({ head }))).toEqual(new Array(20).fill(2));
  });

  test('Host counts without its letter case', () => {
    const shard = new Picking(endpointsOf(20), { balancing: { kind: 'hash-header', name: 'host' } });
    const home = shard.index();
    const other = headOf();
    other.authority = Buffer.from('A.Test');
    other.hostStart = 0;
    other.hostEnd = 6;
    expect([shard.index(), shard.index({ head: other })]).toEqual([home, home]);
    const hosts = tenants.map((tenant) => {
      const head = headOf();
      head.authority = Buffer.from(tenant);
      head.hostStart = 0;
      head.hostEnd = tenant.length;
      return shard.index({ head });
    });
    expect(new Set(hosts).size).toBe(20);
  });
});
