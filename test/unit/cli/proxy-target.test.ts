import { expect, test } from 'vitest';
import { proxySnapshot, readFrom, readTarget } from '../../../src/cli/proxy-target.ts';
import { defaultPolicy } from '../../../src/model/backend-policy.ts';

const target = (text: string) => {
  const read = readTarget(text);
  return read.ok ? read.value : read.problem;
};
const from = (text: string) => {
  const read = readFrom(text);
  return read.ok ? read.value : read.problem;
};

test('a target is an address or a name, and a port', () => {
  expect(target('http://127.0.0.1:3000')).toEqual({ address: '127.0.0.1', port: 3000, weight: 1 });
  expect(target('http://web.internal/')).toEqual({ address: 'web.internal', port: 80, weight: 1 });
  expect(target('http://[::1]:81')).toEqual({ address: '::1', port: 81, weight: 1 });
});

test('what a target must not have is said in a sentence', () => {
  expect(target('https://a.test')).toBe(
    'https://a.test: https backends are not in this version; name one with http://',
  );
  expect(target('http://a.test/api')).toMatch(/must not have a path/);
  expect(target('http://a.test/?x')).toMatch(/must not have a path/);
  expect(target('http://me:secret@a.test')).toMatch(/must not have a user/);
  expect(target('http://a.test:0')).toMatch(/port from 1 to 65535/);
  for (const text of [
    '',
    '127.0.0.1:3000',
    'localhost:3000',
    'ftp://a',
    'http://',
    'http://a:99999',
    'x'.repeat(65_536),
  ]) {
    expect(target(text)).toMatch(/must be a URL such as http:\/\/127.0.0.1:3000$/);
  }
});

test('what requests come from is a host, a path, or both', () => {
  expect(from('A.Test')).toEqual({ host: 'a.test', path: '' });
  expect(from('a.test/')).toEqual({ host: 'a.test', path: '' });
  expect(from('a.test/api/')).toEqual({ host: 'a.test', path: '/api' });
  expect(from('/api')).toEqual({ host: '', path: '/api' });
  expect(from('*.a.test')).toEqual({ host: '*.a.test', path: '' });
  expect(from('bücher.test')).toEqual({ host: 'xn--bcher-kva.test', path: '' });
});

test('the path becomes canonical, as requests do', () => {
  expect(from('a.test/%61pi//x/../é')).toEqual({ host: 'a.test', path: '/api/%C3%A9' });
});

test('what cannot be matched is said in a sentence', () => {
  expect(from('http://a.test')).toMatch(/without http:\/\//);
  expect(from('a.test:80')).toMatch(/must not have a port/);
  expect(from('a..test')).toMatch(/a\.\.test is no host name/);
  expect(from('*')).toMatch(/is no host name/);
  expect(from('*.*.test')).toMatch(/is no host name/);
  expect(from('a.test/x?y')).toMatch(/must not have a query/);
  expect(from('a.test/..')).toMatch(/\/\.\. is no path/);
  expect(from(`${'a.'.repeat(200)}test`)).toMatch(/is no host name/);
});

test('the snapshot has one rule and each endpoint once, in order', () => {
  const endpoint = (port: number) => ({ address: '127.0.0.1', port, weight: 1 });
  const { routes, backends } = proxySnapshot({ host: 'a.test', path: '/api' }, [endpoint(2), endpoint(1), endpoint(2)]);
  expect(routes.rules).toEqual([expect.objectContaining({ host: 'a.test', pathKind: 'prefix', path: '/api' })]);
  expect(backends.backends).toEqual([
    { key: routes.rules[0].backend, endpoints: [endpoint(1), endpoint(2)], policy: defaultPolicy },
  ]);
});
