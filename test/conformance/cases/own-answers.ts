import { type AnswerCase, get, head } from '../case.ts';

/** The backend says nonsense, so the 502 is ours. */
const text = (intent: string, rfc: string, ...lines: readonly string[]): AnswerCase => ({
  intent: `${intent} gets text and the answer`,
  rfc,
  asks: get(...lines),
  says: 'nonsense\r\n\r\n',
});

const json = (intent: string, rfc: string, ...lines: readonly string[]): AnswerCase => ({
  intent: `${intent} gets JSON and the answer`,
  rfc,
  asks: get(...lines),
  says: 'nonsense\r\n\r\n',
  json: true,
});

/** Text or JSON by Accept: RFC 9110, 12.5.1; RFC 9457. */
export const ownAnswerCases: readonly AnswerCase[] = [
  text('no Accept', '9110, 12.5.1'),
  text('any type', '9110, 12.5.1', 'Accept: */*'),
  text('a browser', '9110, 12.5.1', 'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'),
  text('less JSON than text', '9110, 12.4.2', 'Accept: application/json;q=0.5, text/plain'),
  text('no JSON', '9110, 12.4.2', 'Accept: application/json;q=0, */*'),
  text('JSON with a malformed weight', '9110, 12.4.2', 'Accept: application/json;q=2'),
  text('a type that is neither', '9110, 12.5.1', 'Accept: image/png'),
  json('application/json', '9110, 12.5.1', 'Accept: application/json'),
  json('application/problem+json', '9457, 3', 'accept:application/problem+json'),
  json('JSON in other letters, before any type', '9110, 8.3.1', 'Accept: APPLICATION/JSON, */*'),
  json('more JSON than text', '9110, 12.4.2', 'Accept: text/plain;q=0.5, application/json;q=0.6'),
  json('JSON in a second line', '9110, 5.3', 'Accept: text/plain;q=0.1', 'X-A: 1', 'Accept: application/json'),
  { ...json('HEAD', '9110, 9.3.2'), asks: head('HEAD / HTTP/1.1', 'Host: a.test', 'Accept: application/json') },
  {
    ...json('HTTP/1.0', '9110, 12.5.1'),
    asks: head('GET / HTTP/1.0', 'Host: a.test', 'Accept: application/json'),
    closes: true,
  },
];
