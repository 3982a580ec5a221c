import { parseArgs } from 'node:util';
import { didYouMean } from '../settings/nearest.ts';
import { flagOf } from '../settings/setting-names.ts';
import { type SettingKey, settingOf } from '../settings/setting-table.ts';
import type { Call, Command, CommandFlag } from './command.ts';

export type Reading =
  | { readonly kind: 'call'; readonly command: Command; readonly call: Call }
  | { readonly kind: 'help'; readonly command: Command | undefined }
  | { readonly kind: 'version' }
  /** Never empty. `command`: whose help would show more. */
  | { readonly kind: 'usage'; readonly problems: readonly string[]; readonly command: Command | undefined };

/** What follows a flag's name: nothing, or a text under `sign`. */
interface FlagForm {
  readonly short?: string;
  readonly sign: string;
  readonly setting?: SettingKey;
  readonly own?: CommandFlag;
  /** `--no-…` of a switch. */
  readonly off?: true;
}

type OptionToken = Extract<NonNullable<ReturnType<typeof parseArgs>['tokens']>[number], { kind: 'option' }>;

/** The command comes first, its words and flags in any order behind it. */
export function readCommandLine(words: readonly string[], commands: readonly Command[]): Reading {
  const [first, ...rest] = words;
  if (first === undefined) return wrong('name a command');
  if (first === '--help' || first === '-h' || first === 'help') return { kind: 'help', command: undefined };
  if (first === '--version' || first === '-V') return { kind: 'version' };
  const command = commands.find((candidate) => candidate.name === first);
  if (command !== undefined) return readCall(rest, command);
  if (first.startsWith('-')) return wrong(`name a command in front of ${first}`);
  const known = commands.map((candidate) => candidate.name);
  return wrong(`there is no command ${first}${didYouMean(first, known)}`);
}

const wrong = (problem: string): Reading => ({ kind: 'usage', problems: [problem], command: undefined });

function formsOf(command: Command): Map<string, FlagForm> {
  const forms = new Map<string, FlagForm>([['help', { sign: '', short: 'h' }]]);
  for (const setting of command.settings.filter((key) => !settingOf(key).fileOnly)) {
    const { sign } = settingOf(setting);
    forms.set(flagOf(setting), { sign, setting });
    if (sign === '') forms.set(`no-${flagOf(setting)}`, { sign, setting, off: true });
  }
  for (const own of command.flags)
    forms.set(own.name, { sign: own.sign, own, ...(own.short ? { short: own.short } : {}) });
  return forms;
}

function readCall(words: readonly string[], command: Command): Reading {
  const forms = formsOf(command);
  const options = Object.fromEntries(
    [...forms].map(([name, { sign, short }]) => [
      name,
      { type: sign === '' ? ('boolean' as const) : ('string' as const), ...(short ? { short } : {}) },
    ]),
  );
  // Not strict: parseArgs would stop at the first problem, and all are wanted.
  const { tokens } = parseArgs({ args: [...words], options, strict: false, allowPositionals: true, tokens: true });
  const gathered = new Gathered();
  for (const token of tokens) {
    if (token.kind === 'positional') gathered.words.push(token.value);
    if (token.kind === 'option') gathered.take(token, forms);
  }
  if (gathered.help) return { kind: 'help', command };
  const problems = [...gathered.problems, ...wordProblems(gathered, command)];
  return problems.length > 0 ? { kind: 'usage', problems, command } : { kind: 'call', command, call: gathered };
}

/** What the flags and words amount to. */
class Gathered implements Call {
  readonly words: string[] = [];
  readonly flags = new Map<string, string[]>();
  readonly settings: Partial<Record<SettingKey, string | boolean>> = {};
  readonly problems: string[] = [];
  /** After an unknown flag nobody knows whether the next word is its value. */
  unknown = false;
  help = false;

  take(token: OptionToken, forms: ReadonlyMap<string, FlagForm>): void {
    const form = forms.get(token.name);
    if (form === undefined) return this.#takeUnknown(token, forms);
    const problem = valueProblem(token, form);
    if (problem !== undefined) this.problems.push(`${token.rawName}: ${problem}`);
    else if (token.name === 'help') this.help = true;
    else if (form.setting) this.settings[form.setting] = form.sign === '' ? switched(token, form) : (token.value ?? '');
    else this.#takeOwn(token, form.own as CommandFlag);
  }

  #takeUnknown(token: OptionToken, forms: ReadonlyMap<string, FlagForm>): void {
    this.unknown = true;
    this.problems.push(`there is no flag ${token.rawName}${didYouMean(token.name, forms.keys(), '--')}`);
  }

  #takeOwn(token: OptionToken, own: CommandFlag): void {
    const earlier = this.flags.get(own.name) ?? [];
    if (earlier.length > 0 && !own.many) this.problems.push(`${token.rawName}: may be given once`);
    this.flags.set(own.name, [...earlier, token.value ?? '']);
  }
}

/** `--kubernetes`, `--no-kubernetes`, `--kubernetes=false`. */
const switched = (token: OptionToken, form: FlagForm): string | boolean => token.value ?? form.off !== true;

function valueProblem(token: OptionToken, form: FlagForm): string | undefined {
  if (form.sign === '') {
    const mayHave = form.setting !== undefined && !form.off;
    return token.value !== undefined && !mayHave ? 'takes no value' : undefined;
  }
  if (token.value === undefined || token.value === '') return `needs a value, ${form.sign}`;
  const isFlag = !token.inlineValue && /^-\D/.test(token.value);
  return isFlag ? `needs a value, ${form.sign}; one that begins with - is written ${token.rawName}=-…` : undefined;
}

function wordProblems(gathered: Gathered, command: Command): string[] {
  if (gathered.unknown) return [];
  const missing = command.words.slice(gathered.words.length).map((word) => `${word} is missing`);
  const tooMany = gathered.words.slice(command.words.length).map((word) => `there is no use for the word "${word}"`);
  return [...missing, ...tooMany];
}
