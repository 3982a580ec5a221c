import { expect, test } from 'vitest';
import { commands } from '../../../src/cli/commands.ts';
import { commandHelp, generalHelp } from '../../../src/cli/help.ts';
import { flagOf } from '../../../src/settings/setting-names.ts';
import { settingOf } from '../../../src/settings/setting-table.ts';

test('the general help names every command with its summary', () => {
  const help = generalHelp(commands);
  for (const command of commands) expect(help).toContain(`${command.name.padEnd(7)}  ${command.summary}`);
});

test.each(commands.map((command) => [command.name, command] as const))(
  'the help of %s shows all it reads',
  (_, command) => {
    const help = commandHelp(command);
    for (const flag of command.flags) expect(help).toContain(`--${flag.name}`);
    for (const word of command.words) expect(help).toContain(word);
    for (const key of command.settings.filter((candidate) => !settingOf(candidate).fileOnly)) {
      expect(help).toContain(`--${flagOf(key)}`);
    }
  },
);

test('defaults stand in the help', () => {
  expect(commandHelp(commands[0])).toMatch(/--http-port N .*\[8080\]/);
  expect(commandHelp(commands[0])).toMatch(/--shards N .*\[one per core\]/);
});
