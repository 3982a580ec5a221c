import type { AnswerCase, RequestCase } from './case.ts';
import { answerChunkedCases } from './cases/answer-chunked.ts';
import { answerFramingCases } from './cases/answer-framing.ts';
import { answerInterimCases } from './cases/answer-interim.ts';
import { answerLinesCases } from './cases/answer-lines.ts';
import { answerStatusLineCases } from './cases/answer-status-line.ts';
import { chunkedCases } from './cases/chunked.ts';
import { connectionCases } from './cases/connection.ts';
import { expectCases } from './cases/expect.ts';
import { framingCases } from './cases/framing.ts';
import { headerSyntaxCases } from './cases/header-syntax.ts';
import { hostCases } from './cases/host.ts';
import { limitCases } from './cases/limits.ts';
import { otherProtocolCases } from './cases/other-protocols.ts';
import { ownAnswerCases } from './cases/own-answers.ts';
import { pathCases } from './cases/path.ts';
import { requestLineCases } from './cases/request-line.ts';
import { upgradeCases } from './cases/upgrade.ts';

export const requestTables: Readonly<Record<string, readonly RequestCase[]>> = {
  'request line': requestLineCases,
  path: pathCases,
  host: hostCases,
  'header syntax': headerSyntaxCases,
  framing: framingCases,
  'chunked body': chunkedCases,
  connection: connectionCases,
  expect: expectCases,
  upgrade: upgradeCases,
  limits: limitCases,
  'other protocols': otherProtocolCases,
};

export const answerTables: Readonly<Record<string, readonly AnswerCase[]>> = {
  'status line': answerStatusLineCases,
  framing: answerFramingCases,
  'chunked body': answerChunkedCases,
  'interim answers': answerInterimCases,
  'header lines': answerLinesCases,
  'answers of our own': ownAnswerCases,
};
