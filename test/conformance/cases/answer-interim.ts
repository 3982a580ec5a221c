import { type AnswerCase, head, ok } from '../case.ts';

const LENGTH = 'Content-Length: 2';
const FINAL = `${ok(LENGTH)}ok`;
const final = { status: '200 OK', lines: [LENGTH], framing: 'length' as const, body: 'ok' };
const hints = head('HTTP/1.1 103 Early Hints', 'Link: </a.css>; rel=preload');
const hintsSeen = ['103 Early Hints', 'Link: </a.css>; rel=preload'];

/** RFC 9110, 15.2. */
export const answerInterimCases: readonly AnswerCase[] = [
  { intent: '103 is passed on', rfc: '8297, 2', says: hints + FINAL, gets: { ...final, interim: [hintsSeen] } },
  {
    intent: '103 twice',
    rfc: '8297, 2',
    says: hints + hints + FINAL,
    gets: { ...final, interim: [hintsSeen, hintsSeen] },
  },
  {
    intent: '103 loses what belongs to a connection, and its length',
    rfc: '9110, 15.2',
    says: head('HTTP/1.1 103 Early Hints', 'X-A: 1', 'Connection: x-a', LENGTH, 'Link: </b>') + FINAL,
    gets: { ...final, interim: [['103 Early Hints', 'Link: </b>']] },
  },
  {
    intent: 'HTTP/1.0 gets no 103',
    rfc: '9110, 15.2',
    asks: head('GET / HTTP/1.0', 'Host: a.test'),
    says: hints + FINAL,
    gets: final,
    closes: true,
  },
  {
    intent: '100 that nobody waits for is passed on',
    rfc: '9110, 15.2',
    says: head('HTTP/1.1 100 Continue', 'X-A: 1') + FINAL,
    gets: { ...final, interim: [['100 Continue', 'X-A: 1']] },
  },
  { intent: '102 is skipped', rfc: '9110, 15.2', says: head('HTTP/1.1 102 Processing') + FINAL, gets: final },
  { intent: '104 is skipped', rfc: '9110, 15.2', says: head('HTTP/1.1 104 Odd', 'X-A: 1') + FINAL, gets: final },
  { intent: '199 is skipped', rfc: '9110, 15.2', says: head('HTTP/1.1 199 Odd') + FINAL, gets: final },
  {
    intent: 'eight interim answers',
    rfc: 'ours',
    says: head('HTTP/1.1 102 Processing').repeat(8) + FINAL,
    gets: final,
  },
  { intent: 'nine interim answers', rfc: 'ours', says: head('HTTP/1.1 102 Processing').repeat(9) + FINAL },
  {
    intent: 'eight of 103',
    rfc: 'ours',
    says: hints.repeat(8) + FINAL,
    gets: { ...final, interim: Array.from({ length: 8 }, () => hintsSeen) },
  },
  {
    intent: '101 that nobody asked for',
    rfc: '9110, 7.8',
    says: head('HTTP/1.1 101 Switching', 'Connection: upgrade', 'Upgrade: x'),
  },
  {
    intent: '101 without a protocol',
    rfc: '9110, 7.8',
    asks: head('GET / HTTP/1.1', 'Host: a.test', 'Connection: upgrade', 'Upgrade: x'),
    says: head('HTTP/1.1 101 Switching', 'Connection: upgrade'),
  },
  {
    intent: 'an answer to an upgrade that is not 101 is passed on',
    rfc: '9110, 7.8',
    asks: head('GET / HTTP/1.1', 'Host: a.test', 'Connection: upgrade', 'Upgrade: x'),
    says: `${head('HTTP/1.1 426 Other', 'Upgrade: y', 'Connection: upgrade', LENGTH)}ok`,
    gets: { status: '426 Other', lines: [LENGTH], framing: 'length', body: 'ok' },
    spent: true,
  },
  {
    intent: '102 with both framings',
    rfc: '9112, 6.3',
    says: head('HTTP/1.1 102 Odd', LENGTH, 'Transfer-Encoding: chunked') + FINAL,
  },
  { intent: '102 and then a malformed answer', rfc: '9112, 4', says: `${head('HTTP/1.1 102 Odd')}nonsense\r\n\r\n` },
  { intent: '102 and then the end', rfc: '9112, 8', says: head('HTTP/1.1 102 Odd'), ends: true },
];
