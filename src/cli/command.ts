import { parseArgs } from 'node:util';

/** An option of a command, as help and the parser know it. */
export interface Option {
  type: 'string' | 'boolean';
  short?: string;
  multiple?: boolean;
  /** What stands for the value in help: `DIR`. */
  value?: string;
  help: string;
}

export interface Command {
  name: string;
  /** What follows the name in help: `[FILE ...]`. */
  takes?: string;
  summary: string;
  options: Readonly<Record<string, Option>>;
  examples?: readonly string[];
  /** Resolves to the exit code. */
  run(words: Words): Promise<number>;
}

/** What the user wrote after the command's name. */
export interface Words {
  positionals: readonly string[];
  flag(name: string): boolean;
  text(name: string): string | undefined;
  /** All values of an option; commas separate values too. */
  list(name: string): string[];
}

/** The user's words are off. Exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

export function parseWords(command: Command, args: readonly string[]): Words {
  const options = Object.fromEntries(
    Object.entries({ ...command.options, help: helpOption }).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short ? { short } : {}), ...(multiple ? { multiple } : {}) },
    ]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    const text = error instanceof Error ? error.message.split('. ')[0] : String(error);
    throw new UsageError(`${text} (\`touchstone ${command.name} --help\` shows the options)`);
  }
  if (parsed.positionals.length > 0 && command.takes === undefined)
    throw new UsageError(
      `\`touchstone ${command.name}\` takes no words of its own: ${parsed.positionals[0]}`,
    );
  const given = (name: string) => parsed.values[name];
  return {
    positionals: parsed.positionals,
    flag: (name) => given(name) === true,
    text: (name) => {
      const value = given(name);
      return typeof value === 'string' ? value : undefined;
    },
    list: (name) => {
      const value = given(name);
      const values = Array.isArray(value) ? value : value === undefined ? [] : [value];
      return values.flatMap((one) => String(one).split(',')).filter((one) => one !== '');
    },
  };
}

export const helpOption: Option = { type: 'boolean', short: 'h', help: 'Show this help' };

/** The help page of one command. */
export function helpOf(command: Command): string {
  const lines = [
    `touchstone ${command.name}${command.takes ? ` ${command.takes}` : ''}`,
    '',
    command.summary,
    '',
  ];
  const rows = Object.entries({ ...command.options, help: helpOption }).map(([name, option]) => [
    `${option.short ? `-${option.short}, ` : '    '}--${name}${option.value ? ` ${option.value}` : ''}`,
    option.help,
  ]);
  const width = Math.max(...rows.map(([left]) => left?.length ?? 0));
  for (const [left = '', right] of rows) lines.push(`  ${left.padEnd(width)}  ${right}`);
  for (const example of command.examples ?? []) lines.push('', `  ${example}`);
  return `${lines.join('\n')}\n`;
}
