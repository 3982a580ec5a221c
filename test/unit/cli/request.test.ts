import { expect, test } from 'vitest';
import { readAsked } from '../../../src/cli/request.ts';

const asked = (...args: Parameters<typeof readAsked>) => {
  const { ok, ...rest } = readAsked(...args);
  return 'problem' in rest ? rest.problem : `${rest.method} ${rest.host} ${rest.path} ${ok}`;
};

test('host and path are what the shards make of the URL', () => {
  expect(asked('GET', 'http://A.Test:8080/x?y=1#z')).toBe('GET a.test /x true');
  expect(asked('GET', 'a.test')).toBe('GET a.test / true');
  expect(asked('POST', 'https://a.test?q')).toBe('POST a.test / true');
  expect(asked('GET', 'http://a.test//x/../%61dmin')).toBe('GET a.test /admin true');
  expect(asked('GET', 'http://a.test/é')).toBe('GET a.test /%C3%A9 true');
  expect(asked('GET', 'http://[::1]:80/')).toBe('GET [::1] / true');
});

test('a Host header outranks the host of the URL', () => {
  expect(asked('GET', 'http://127.0.0.1/x', ['host: b.test', 'Accept: */*'])).toBe('GET b.test /x true');
  expect(asked('GET', '/x', ['Host: b.test:81'])).toBe('GET b.test /x true');
});

test('what is no URL or no header is said', () => {
  expect(asked('GET', 'ftp://a/')).toBe('"ftp://a/" is no URL such as http://a.test/x');
  expect(asked('GET', 'http:///x')).toBe('"http:///x" is no URL such as http://a.test/x');
  expect(asked('GET', 'http://me@a/x')).toMatch(/is no URL/);
  expect(asked('GET', '/x')).toBe("the URL has no host; give one with -H 'Host: a.test'");
  expect(asked('GET', 'http://a/', ['Host'])).toBe(`"Host" is no header such as 'Host: a.test'`);
  expect(asked('GET', 'http://a/', ['X: a\r\nHost: b'])).toMatch(/is no header/);
});

test('what cannot be sent and what would be refused are told apart', () => {
  expect(readAsked('GET', 'ftp://a/')).toMatchObject({ refused: false });
  expect(readAsked('GET', 'http://a.test/..')).toMatchObject({ refused: true });
});

test('what a shard refuses is said with its word', () => {
  expect(asked('GET', 'http://a.test/..')).toMatch(/a shard refuses this request .*: request-malformed/);
  expect(asked('GET', 'http://a b/')).toMatch(/a shard refuses this request/);
  expect(asked('GE T', 'http://a.test/')).toMatch(/a shard refuses this request/);
  expect(asked('GET', 'http://a.test/', ['Host: a', 'Host: b'])).toMatch(/a shard refuses this request/);
});
