import { expect, test } from 'vitest';
import { prefersJson } from '../../../../src/data/listen/accept.ts';

test.each([
  'application/json',
  'application/problem+json',
  'APPLICATION/JSON',
  'application/vnd.acme.v2+json',
  'application/json, text/plain, */*',
  'text/plain, application/json',
  'text/plain;q=0.5, application/json;q=0.6',
  'text/*;q=0.3, application/*;q=0.4',
  'text/plain;q=0.1, */*',
  'text/plain;q=0, */*;q=0.001',
  'application/*',
  'text/html, application/json;q=0.9, */*;q=0.1',
  'application/json;q=1.000;charset=utf-8',
  'application/json ; charset="a,b;q=0" ; q=0.5 , text/plain;q=0.4',
  'application/json;q=0.2, application/problem+json;q=0.9, text/plain;q=0.5',
  'text/plain;q=2, application/json;q=0.1',
  'text/plain;q=high, application/json;q=0.1',
  ',, application/json ,',
])('JSON for Accept: %s', (accept) => expect(prefersJson(accept)).toBe(true));

test.each([
  '',
  '*/*',
  'text/plain',
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'text/plain, application/json;q=0.9',
  'text/*, application/json;q=0.9',
  'application/json;q=0',
  'application/json;q=0, */*',
  'application/*;q=0.5, text/plain;q=0.6',
  '*/*, application/json;q=0.5',
  'image/png',
  'application/json;q=1.001',
  'application/jsonp',
  'application/json/x',
  'x="application/json',
  'x="a\\", application/json"',
  '__proto__, constructor;q=0.5',
])('text for Accept: %s', (accept) => expect(prefersJson(accept)).toBe(false));

test('a hostile Accept costs no more than its length', () => {
  const startedMs = performance.now();
  for (const piece of ['a,', '"', '\\"', ';"', ';q=', ' ', 'a;']) prefersJson(piece.repeat(50_000));
  expect(performance.now() - startedMs).toBeLessThan(2000);
});
