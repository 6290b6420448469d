import { type Command, helpOption } from './command.ts';
import { allCommands } from './commands.ts';
import { errorCodes } from './error-codes.ts';

const note = '<!-- Written by `npm run generate`; change the declarations instead. -->';

/** docs/commands.md: every command with its options, as help shows them. */
export async function commandsPage(): Promise<string> {
  const commands = await allCommands();
  const rows = commands.map(({ name, summary }) => `| [\`${name}\`](#${name}) | ${cell(summary)} |`);
  return [
    '# Commands',
    '',
    note,
    '',
    '`touchstone COMMAND --help` shows the same. Values of an option that can be given several times may also be',
    'separated by commas.',
    '',
    '| command | what it does |',
    '| --- | --- |',
    ...rows,
    ...commands.flatMap(commandSection),
    '',
  ].join('\n');
}

function commandSection(command: Command): string[] {
  const { name, takes, summary, options, examples = [] } = command;
  const rows = Object.entries({ ...options, help: helpOption }).map(
    ([option, { short, value, help, multiple }]) => {
      const spelt = `\`${short ? `-${short}, ` : ''}--${option}${value ? ` ${value}` : ''}\``;
      return `| ${cell(spelt)} | ${cell(help)}${multiple ? ' (several times)' : ''} |`;
    },
  );
  return [
    '',
    `## ${name}`,
    '',
    '```text',
    `touchstone ${name}${takes ? ` ${takes}` : ''} [OPTIONS]`,
    '```',
    '',
    `${summary}.`,
    '',
    '| option | |',
    '| --- | --- |',
    ...rows,
    ...(examples.length > 0 ? ['', '```text', ...examples, '```'] : []),
  ];
}

/** docs/errors.md: every error that users can meet. */
export function errorsPage(): string {
  return [
    '# Errors',
    '',
    note,
    '',
    'The code stands behind the message, and `touchstone help CODE` shows what stands here. A code never changes its',
    'meaning.',
    ...errorCodes.flatMap(({ code, title, about, advice, exitCode }) => [
      '',
      `## ${code}`,
      '',
      `**${title}.** Exit code ${exitCode}.`,
      '',
      about,
      '',
      advice,
    ]),
    '',
  ].join('\n');
}

/** Bars would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
