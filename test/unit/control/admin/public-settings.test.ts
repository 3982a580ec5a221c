import { expect, test } from 'vitest';
import { publicSettings } from '../../../../src/control/admin/public-settings.ts';

test('what is no secret is shown as it is', () => {
  const settings = { adminPort: 0, listeners: [{ name: 'http', port: 8080 }], manifests: undefined, logLevel: 'info' };
  expect(publicSettings(settings)).toEqual({
    adminPort: 0,
    listeners: [{ name: 'http', port: 8080 }],
    logLevel: 'info',
  });
});

test('what is called a secret stands for itself, at any depth', () => {
  const settings = { redis: { password: 'p', apiToken: 't' }, list: [{ clientSecret: { a: 1 } }], private_key: 'k' };
  expect(JSON.stringify(publicSettings(settings))).toBe(
    '{"redis":{"password":"[redacted]","apiToken":"[redacted]"},"list":[{"clientSecret":"[redacted]"}],"private_key":"[redacted]"}',
  );
});

test('the user part of a URL is a secret', () => {
  expect(publicSettings({ url: 'redis://user:p@ss@host:1/x', other: 'a@b' })).toEqual({
    url: 'redis://[redacted]@host:1/x',
    other: 'a@b',
  });
});
