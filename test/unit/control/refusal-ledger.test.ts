import { describe, expect, test } from 'vitest';
import { RefusalLedger } from '../../../src/control/refusal-ledger.ts';
import type { Refusal } from '../../../src/model/refusal.ts';
import { KeptLog } from '../../support/kept-log.ts';

const refusal = (file: string, message = 'no such Service'): Refusal => ({
  file,
  object: { kind: 'Ingress', namespace: 'shop', name: 'web' },
  field: 'spec.rules[0]',
  reason: 'ServiceMissing',
  message,
});

const start = () => {
  const log = new KeptLog();
  return { log, ledger: new RefusalLedger(log) };
};

describe('what stands', () => {
  test('is the newest list of each part, by file', () => {
    const { ledger } = start();
    ledger.replace('folder', [refusal('b.yaml'), refusal('c.yaml')]);
    ledger.replace('routes', [refusal('a.yaml')]);
    expect(ledger.all().map(({ file }) => file)).toEqual(['a.yaml', 'b.yaml', 'c.yaml']);
    ledger.replace('folder', []);
    expect(ledger.all()).toEqual([refusal('a.yaml')]);
  });

  test('is nothing at first', () => {
    expect(start().ledger.all()).toEqual([]);
  });

  test('names a refusal once that a part says twice', () => {
    const { ledger, log } = start();
    ledger.replace('routes', [refusal('a.yaml'), refusal('a.yaml')]);
    expect(ledger.all()).toHaveLength(1);
    expect(log.lines).toHaveLength(1);
  });

  test('does not change under a reader', () => {
    const { ledger } = start();
    ledger.replace('routes', [refusal('a.yaml')]);
    const before = ledger.all();
    ledger.replace('routes', []);
    expect(before).toHaveLength(1);
  });
});

describe('the log', () => {
  test('hears of a refusal once when it comes and once when it goes', () => {
    const { ledger, log } = start();
    ledger.replace('routes', [refusal('a.yaml')]);
    ledger.replace('routes', [refusal('a.yaml')]);
    ledger.replace('routes', [refusal('a.yaml')]);
    ledger.replace('routes', []);
    const fields = {
      file: 'a.yaml',
      object: 'Ingress shop/web',
      field: 'spec.rules[0]',
      reason: 'ServiceMissing',
      detail: 'no such Service',
    };
    expect(log.lines).toEqual([
      { level: 'warn', message: 'refused', fields },
      { level: 'info', message: 'no longer refused', fields },
    ]);
  });

  test('hears of a refusal whose words changed', () => {
    const { ledger, log } = start();
    ledger.replace('routes', [refusal('a.yaml', 'line 1')]);
    ledger.replace('routes', [refusal('a.yaml', 'line 2')]);
    expect(log.lines.map(({ message, fields }) => [message, fields.detail])).toEqual([
      ['refused', 'line 1'],
      ['refused', 'line 2'],
      ['no longer refused', 'line 1'],
    ]);
  });

  test('can name a refusal of a whole file', () => {
    const { ledger, log } = start();
    ledger.replace('folder', [{ ...refusal('a.yaml'), object: null, reason: 'FileMalformed' }]);
    expect(log.lines[0]?.fields).toMatchObject({ file: 'a.yaml', object: '', reason: 'FileMalformed' });
  });
});
