import type { FlagTexts } from '../settings/read-texts.ts';
import type { SettingKey } from '../settings/setting-table.ts';

/** A flag of one command that is no setting. */
export interface CommandFlag {
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** What the value is called in the help; '' for a switch. */
  readonly sign: string;
  /** May be given more than once. */
  readonly many?: true;
  readonly help: string;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** The words after the name, as the help shows them: `METHOD URL`. */
  readonly words: readonly string[];
  readonly flags: readonly CommandFlag[];
  /** Settings that it reads. */
  readonly settings: readonly SettingKey[];
  readonly examples: readonly string[];
  /** Loaded when it is run: help and version need none of it. */
  readonly load: () => Promise<{ readonly run: RunCommand }>;
}

/** A command line, read. */
export interface Call {
  readonly words: readonly string[];
  /** Values of the command's own flags in order; a switch that was given has one empty text. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly settings: FlagTexts;
}

/** Where a command reads and writes; tests put their own in its place. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
}

/** Returns the exit code. */
export type RunCommand = (call: Call, terminal: Terminal) => Promise<number>;
