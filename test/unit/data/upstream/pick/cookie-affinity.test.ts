import { describe, expect, test } from 'vitest';
import { endpointsOf, headOf, Picking, type PickingOptions } from '../../../../support/picking.ts';

const SALT = '5c3a1a2e-0d3b-4f6e-9d55-0c6a4e7f1b11';
const sticky = (salt = SALT) => ({ kind: 'cookie', name: 'sticky', salt }) as const;
const pickingOf = (count: number, options: PickingOptions = {}) =>
  new Picking(endpointsOf(count), { balancing: sticky(), ...options });

/** The line for the client when endpoint `index` answers a request with these lines. */
const lineFor = (picking: Picking, index: number, ...lines: string[]): string | undefined =>
  picking.backend.affinity?.answerLines(headOf(...lines), picking.endpoints[index]!)?.toString('latin1');

/** `sticky=…`, as the client sends it back. */
function cookieOf(picking: Picking, index: number): string {
  const [, pair] = /^Set-Cookie: (sticky=[0-9a-f]{16}); Path=\/; HttpOnly; SameSite=Lax\r\n$/.exec(
    lineFor(picking, index) ?? '',
  ) as unknown as [string, string];
  return pair;
}

describe('a client with a cookie of ours', () => {
  test('comes to its endpoint in every shard and is told nothing', () => {
    const shards = [1, 2, 3].map((seed) => pickingOf(5, { seed }));
    for (let index = 0; index < 5; index++) {
      const line = `Cookie: ${cookieOf(shards[0]!, index)}`;
      for (const shard of shards) {
        expect([1, 2, 3].map(() => shard.index({ head: headOf(line) }))).toEqual([index, index, index]);
        expect(lineFor(shard, index, line)).toBeUndefined();
      }
    }
  });

  test.each([
    ['among others', (cookie: string) => [`Cookie: a=b; ${cookie}; c=d`]],
    ['without the space', (cookie: string) => [`Cookie: a=b;${cookie};c=d`]],
    ['first of several lines', (cookie: string) => [`Cookie: ${cookie}`, 'Accept: */*', 'Cookie: a=b']],
    ['last of several lines', (cookie: string) => ['Cookie: a=b; c=d', 'Accept: */*', `cookie: ${cookie}`]],
    [
      'beside a namesake of somebody else',
      (cookie: string) => ['Cookie: sticky=abc', `Cookie: sticky=0123456789abcdef; ${cookie}`],
    ],
    ['behind what is no pair', (cookie: string) => [`Cookie: ;; =; sticky; sticky=; "x"=y ;\t ${cookie} ;`]],
    ['after 250 others', (cookie: string) => [`Cookie: ${'a=1; '.repeat(250)}${cookie}`]],
  ])('is known %s', (_, lines) => {
    const picking = pickingOf(7);
    const head = headOf(...lines(cookieOf(picking, 3)));
    expect([1, 2, 3].map(() => picking.index({ head }))).toEqual([3, 3, 3]);
  });
});

describe('a client without one', () => {
  test.each([
    ['no cookies at all', () => []],
    ['cookies of others', () => ['Cookie: a=b; stick=y; stickyy=z']],
    ['a token that names nobody', () => ['Cookie: sticky=0123456789abcdef']],
    ['half a token', (cookie: string) => [`Cookie: ${cookie.slice(0, -1)}`]],
    ['a token and a half', (cookie: string) => [`Cookie: ${cookie}0`]],
    ['a token in quotes', (cookie: string) => [`Cookie: ${cookie.replace('=', '="')}"`]],
    ['a token in upper case', (cookie: string) => [`Cookie: ${cookie.replace(/=.*/, (token) => token.toUpperCase())}`]],
    ['a name in upper case', (cookie: string) => [`Cookie: ${cookie.replace('sticky', 'Sticky')}`]],
    ['space before the equals sign', (cookie: string) => [`Cookie: ${cookie.replace('=', ' =')}`]],
    ['a token in another line', (cookie: string) => [`X-Cookie: ${cookie}`]],
    [
      'a token after 256 others',
      (cookie: string) => [`Cookie: ${'a=1; '.repeat(128)}`, `Cookie: ${'a=1; '.repeat(128)}${cookie}`],
    ],
  ])('%s: requests go round, and each answer names its endpoint', (_, lines) => {
    const picking = pickingOf(4);
    const written = lines(cookieOf(picking, 1));
    const head = headOf(...written);
    expect(picking.counts(40, () => ({ head }))).toEqual([10, 10, 10, 10]);
    expect(lineFor(picking, 1, ...written)).toBe(
      `Set-Cookie: ${cookieOf(picking, 1)}; Path=/; HttpOnly; SameSite=Lax\r\n`,
    );
  });

  test('is spread by weight', () => {
    expect(pickingOf(2, { weights: [3, 1] }).counts(400)).toEqual([300, 100]);
  });
});

describe('the endpoint of the cookie', () => {
  test('has left: another is picked, and the answer says which', () => {
    const before = pickingOf(3);
    const line = `Cookie: ${cookieOf(before, 2)}`;
    const after = new Picking(endpointsOf(2), { balancing: sticky() });
    expect(after.counts(10, () => ({ head: headOf(line) }))).toEqual([5, 5]);
    expect(lineFor(after, 0, line)).toContain(cookieOf(after, 0));
  });

  test('is out: another is picked, and the answer says which', () => {
    const picking = pickingOf(3);
    const line = `Cookie: ${cookieOf(picking, 1)}`;
    picking.leaveOut(1);
    expect(picking.counts(20, () => ({ head: headOf(line) }))).toEqual([10, 0, 10]);
    expect(lineFor(picking, 2, line)).toContain(cookieOf(picking, 2));
    picking.bringBack(1);
    expect(picking.index({ head: headOf(line) })).toBe(1);
  });

  test('has just failed the request: another is picked', () => {
    const picking = pickingOf(3);
    const head = headOf(`Cookie: ${cookieOf(picking, 1)}`);
    expect(picking.counts(20, () => ({ head, not: picking.endpoints[1] }))[1]).toBe(0);
  });

  test('keeps its cookie when others come and go', () => {
    const grown = new Picking(endpointsOf(6), { balancing: sticky() });
    expect(cookieOf(grown, 2)).toBe(cookieOf(pickingOf(3), 2));
  });
});

test('every token finds its endpoint, in tables that are as full as they get', () => {
  for (let salt = 0; salt < 40; salt++) {
    const picking = new Picking(endpointsOf(128), { balancing: sticky(`salt ${salt}`) });
    for (let index = 0; index < 128; index++) {
      expect(picking.index({ head: headOf(`Cookie: ${cookieOf(picking, index)}`) })).toBe(index);
    }
  }
});

test('tokens tell neither address nor neighbour: they depend on the salt and are all different', () => {
  const tokens = [SALT, 'default/web'].flatMap((salt) => {
    const picking = new Picking(endpointsOf(300), { balancing: sticky(salt) });
    return picking.endpoints.map((_, index) => cookieOf(picking, index));
  });
  expect(new Set(tokens).size).toBe(600);
});

test('tokens are the same in every version, so that an update moves nobody', () => {
  expect(cookieOf(pickingOf(1), 0)).toBe('sticky=1f913219df2a1740');
});
