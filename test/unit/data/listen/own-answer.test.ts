import { expect, test } from 'vitest';
import { ownAnswer } from '../../../../src/data/listen/own-answer.ts';
import { type FailureName, failures } from '../../../../src/model/failures.ts';

const now = new Date(0);
const answered = (Object.keys(failures) as FailureName[]).filter((name) => failures[name].status > 0);

test.each(answered)('the answer for %s is a whole HTTP message whose length is true', (failure) => {
  const text = ownAnswer(failure, { close: true, withBody: true, now });
  const [head = '', body = ''] = text.split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${failures[failure].status} [A-Z]`));
  expect(head).toContain('\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n');
  expect(Number(/Content-Length: (\d+)/.exec(head)?.[1])).toBe(Buffer.byteLength(body));
  expect(head).toMatch(/Connection: close$/);
  expect(text).not.toMatch(/komainu/i);
});

test('the answer to HEAD says the length and has no body', () => {
  const text = ownAnswer('route-not-found', { close: false, withBody: false, now });
  expect(text.endsWith('\r\n\r\n')).toBe(true);
  expect(text).toMatch(/Content-Length: [1-9]/);
});

test('405 says which methods are allowed', () => {
  expect(ownAnswer('method-refused', { close: true, withBody: true, now })).toContain('\r\nAllow: ');
});
