import { expect, test } from 'vitest';
import { hostAllowed } from '../../../../src/control/admin/host-guard.ts';

test('on loopback only names that nobody else can own are answered', () => {
  const allowed = [
    'localhost',
    'LocalHost:9090',
    'komainu.localhost',
    '127.0.0.1:9090',
    '[::1]:9090',
    '10.1.2.3',
    '[fe80::1]',
  ];
  for (const host of allowed) expect(hostAllowed(host, '127.0.0.1'), host).toBe(true);
  const refused = [
    'evil.test',
    'evil.test:9090',
    'localhost.evil.test',
    '127.0.0.1.evil.test',
    'xlocalhost',
    '',
    'a@localhost:x',
  ];
  for (const host of refused) {
    for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) {
      expect(hostAllowed(host, address), `${host} on ${address}`).toBe(false);
    }
  }
});

test('a caller without Host is no browser', () => {
  expect(hostAllowed(undefined, '127.0.0.1')).toBe(true);
});

test('where the port is open to others, they may call it by any name', () => {
  for (const address of ['0.0.0.0', '::', '10.0.0.1']) expect(hostAllowed('komainu.svc', address)).toBe(true);
});
