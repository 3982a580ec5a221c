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

describe('a part that says what it looked at', () => {
  const start = () => {
    const ledger = new RefusalLedger(new KeptLog());
    const heard: { came: string[]; went: string[] }[] = [];
    const messages = (refusals: readonly Refusal[]): string[] => refusals.map(({ message }) => message);
    ledger.onChange((came, went) => heard.push({ came: messages(came), went: messages(went) }));
    const say = (groups: Record<string, string[]>): void => {
      const all = Object.entries(groups).map(
        ([name, lines]) => [name, lines.map((line) => refusal('', line))] as const,
      );
      ledger.change('cluster', new Map(all));
    };
    return { ledger, heard, say, standing: () => messages(ledger.all()) };
  };

  test('leaves the other groups and the other parts alone', () => {
    const { ledger, heard, say, standing } = start();
    ledger.replace('routes', [refusal('', 'of routes')]);
    say({ web: ['one', 'two'], api: ['three'] });
    say({ web: ['two', 'four'] });
    expect(standing().sort()).toEqual(['four', 'of routes', 'three', 'two']);
    expect(heard.at(-1)).toEqual({ came: ['four'], went: ['one'] });
  });

  test('is heard once for all groups, and not when nothing differs', () => {
    const { heard, say } = start();
    say({ web: ['one'], api: ['two'] });
    say({ web: ['one'], none: [] });
    expect(heard).toEqual([{ came: ['one', 'two'], went: [] }]);
  });

  test('may find one fault from two sides: it goes when both have left it', () => {
    const { heard, say, standing } = start();
    say({ web: ['one'] });
    say({ api: ['one'] });
    say({ web: [] });
    expect(standing()).toEqual(['one']);
    say({ api: [] });
    expect(standing()).toEqual([]);
    expect(heard).toEqual([
      { came: ['one'], went: [] },
      { came: [], went: ['one'] },
    ]);
  });

  test.each([
    ['forth', { web: [], api: ['one'] }],
    ['back', { api: ['one'], web: [] }],
  ])('may move a refusal from one group to another, %s, and nobody hears of it', (_way, move) => {
    const { heard, say, standing } = start();
    say({ web: ['one'] });
    say(move);
    expect(standing()).toEqual(['one']);
    expect(heard).toHaveLength(1);
  });

  test('may say its whole list after that', () => {
    const { ledger, heard, say, standing } = start();
    say({ web: ['one'], api: ['two'] });
    ledger.replace('cluster', [refusal('', 'two')]);
    expect(standing()).toEqual(['two']);
    expect(heard.at(-1)).toEqual({ came: [], went: ['one'] });
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
