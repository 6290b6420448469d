import { parseArgs } from 'node:util';
import { nearest } from '../target/mistake.ts';

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
  /** How many such words it takes; as many as there are where nothing is said. */
  most?: number;
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

/** Ctrl-C, a supervisor that ends the process, and a terminal that is closed: what was started is stopped first. */
export const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

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
    throw new UsageError(optionMistake(command, error instanceof Error ? error.message : String(error)));
  }
  const [surplus] = parsed.positionals.slice(command.most ?? (command.takes === undefined ? 0 : Infinity));
  if (surplus !== undefined) throw new UsageError(surplusWord(command, surplus));
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

/** What is wrong with an option, from what the parser says of it, and what was probably meant. */
function optionMistake(command: Command, said: string): string {
  const help = `\`touchstone ${command.name} --help\` shows the options`;
  const unknown = /Unknown option '(-[^']*)'/.exec(said)?.[1];
  if (unknown !== undefined) {
    const meant = nearest(unknown.replace(/^-+/, ''), Object.keys(command.options));
    const hint = meant === undefined ? help : `did you mean \`--${meant}\`?`;
    return `\`touchstone ${command.name}\` has no option \`${unknown}\`; ${hint}`;
  }
  const bare = /Option '(?:-\w, )?--([\w-]+) <value>' argument missing/.exec(said)?.[1];
  const dashed = /Option '--?([\w-]+)' argument is ambiguous/.exec(said)?.[1];
  if (dashed !== undefined) {
    const long = longOf(command, dashed);
    return `\`--${long}\` needs a value: ${command.options[long]?.value}; one that begins with a dash is written \`--${long}=-...\``;
  }
  if (bare !== undefined) return `\`--${bare}\` needs a value: ${command.options[bare]?.value}; ${help}`;
  return `${said.split('. ')[0]}; ${help}`;
}

/** The name of an option by any of its two. */
function longOf({ options }: Command, name: string): string {
  return Object.keys(options).find((long) => options[long]?.short === name) ?? name;
}

/** A word where none is expected: most likely the name of a target, or the id of a case. */
function surplusWord(command: Command, word: string): string {
  if (command.takes !== undefined)
    return `\`touchstone ${command.name} ${command.takes}\` has no place for \`${word}\``;
  const option = ['target', 'only'].find((name) => name in command.options);
  const hint = option === undefined ? '' : `; did you mean \`--${option} ${word}\`?`;
  return `\`touchstone ${command.name}\` takes options only, not \`${word}\`${hint}`;
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
