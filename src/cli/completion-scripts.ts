import { type Command, helpOption, type Option } from './command.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** What a shell asks the program for: it knows them itself. */
export const wordKinds = [
  'target',
  'case',
  'specification',
  'capability',
  'reporter',
  'verdict',
  'fault',
] as const;
export type WordKind = (typeof wordKinds)[number];

/** How a value, or a word behind the command, is completed. */
type Completes = { ask: WordKind } | { files: 'any' | 'folders' } | { words: readonly string[] } | undefined;

/** By what stands for the value in help. */
const byPlaceholder: Readonly<Record<string, Completes>> = {
  TARGET: { ask: 'target' },
  CASE: { ask: 'case' },
  GLOB: { ask: 'case' },
  SPEC: { ask: 'specification' },
  CAPABILITY: { ask: 'capability' },
  REPORTER: { ask: 'reporter' },
  FAULT: { ask: 'fault' },
  VERDICT: { ask: 'verdict' },
  LEVEL: { words: ['MUST', 'SHOULD', 'MAY'] },
  DIR: { files: 'folders' },
  FOLDER: { files: 'folders' },
  PATH: { files: 'any' },
  FILE: { files: 'any' },
  RECORD: { files: 'any' },
  EARLIER: { files: 'any' },
};

function ofOption({ value = '' }: Option): Completes {
  return byPlaceholder[value];
}

/** Words in small letters are said as they are: `[container|process|external]`. */
function ofCommand({ takes = '' }: Command): Completes {
  const words = takes.match(/[a-z][\w-]*/g) ?? [];
  if (words.length > 0 && !/[A-Z]/.test(takes)) return { words };
  const [name = ''] = takes.match(/[A-Z]+/) ?? [];
  return words.length > 0 ? { words } : byPlaceholder[name];
}

function optionsOf({ options }: Command): [string, Option][] {
  return Object.entries({ ...options, help: helpOption });
}

function spellings([name, { short }]: [string, Option]): string[] {
  return [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
}

/** A script that lets the shell complete commands, options and their values. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  return { bash, zsh, fish }[shell](commands);
}

function bash(commands: readonly Command[]): string {
  const values = commands.flatMap((command) =>
    optionsOf(command).flatMap((option) => {
      if (option[1].type === 'boolean') return [];
      const patterns = spellings(option).map((spelling) => `"${command.name} ${spelling}"`);
      return [`    ${patterns.join(' | ')}) ${bashReply(ofOption(option[1]))}; return ;;`];
    }),
  );
  const others = commands.map((command) => {
    const options = optionsOf(command).flatMap(spellings).join(' ');
    return `    ${command.name}) options="${options}"; _touchstone_others() { ${bashReply(ofCommand(command))}; } ;;`;
  });
  return `# Completion of touchstone for bash: eval "$(touchstone completion bash)"
COMP_WORDBREAKS=\${COMP_WORDBREAKS//@/}
_touchstone_ask() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$("$program" completion words "$1" "$cur" 2>/dev/null)" -- "$cur"))
  if [[ \${#COMPREPLY[@]} -gt 0 && \${COMPREPLY[0]} == */ ]]; then compopt -o nospace 2>/dev/null; fi
  COMPREPLY=("\${COMPREPLY[@]// /\\\\ }")
}
_touchstone() {
  local program=$1 cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} options
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')} help --version" -- "$cur"))
    return
  fi
  case "\${COMP_WORDS[1]} $prev" in
${values.join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${others.join('\n')}
    help) COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')}" -- "$cur")); return ;;
    *) return ;;
  esac
  if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$cur")); else _touchstone_others; fi
}
complete -F _touchstone touchstone
`;
}

function bashReply(completes: Completes): string {
  if (!completes) return ':';
  if ('ask' in completes) return `_touchstone_ask ${completes.ask}`;
  if ('files' in completes)
    return `compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -${completes.files === 'any' ? 'f' : 'd'} -- "$cur"))`;
  return `COMPREPLY=($(compgen -W "${completes.words.join(' ')}" -- "$cur"))`;
}

function zsh(commands: readonly Command[]): string {
  const described = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  const cases = commands.map((command) => {
    const specs = optionsOf(command).map((option) => {
      const [, { help, multiple, type, value = '' }] = option;
      const names = spellings(option);
      const head = multiple ? '*' : names.length > 1 ? `(${names.join(' ')})` : '';
      const about = `[${help.replace(/[\\[\]:]/g, '\\$&')}]`;
      const takes = type === 'boolean' ? '' : `:${value}:${zshAction(ofOption(option[1]))}`;
      return names.map((name) => `      ${quoted(`${head}${name}${about}${takes}`)}`).join(' \\\n');
    });
    const words = ofCommand(command);
    const rest = words
      ? [`      ${quoted(`*:${(command.takes ?? '').replace(/[:[\]]/g, '')}:${zshAction(words)}`)}`]
      : [];
    return `    ${command.name}) _arguments -s \\\n${[...specs, ...rest].join(' \\\n')} ;;`;
  });
  return `#compdef touchstone
# Completion of touchstone for zsh: eval "$(touchstone completion zsh)"
_touchstone_ask() {
  local -a found
  found=(\${(f)"$(\${program} completion words $1 "\${PREFIX}" 2>/dev/null)"})
  compadd -S '' -- \${(M)found:#*/}
  compadd -- \${found:#*/}
}
_touchstone() {
  local program=$words[1]
  local -a commands
  commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
${cases.join('\n')}
    help) _describe command commands ;;
  esac
}
compdef _touchstone touchstone
`;
}

function zshAction(completes: Completes): string {
  if (!completes) return ' ';
  // The space keeps zsh from putting words of its own before the kind.
  if ('ask' in completes) return ` _touchstone_ask ${completes.ask}`;
  if ('files' in completes) return completes.files === 'any' ? '_files' : '_files -/';
  return `(${completes.words.join(' ')})`;
}

function fish(commands: readonly Command[]): string {
  const lines = commands.flatMap((command) => {
    const on = `-n ${quoted(`__fish_seen_subcommand_from ${command.name}`)}`;
    const words = ofCommand(command);
    const values = optionsOf(command).map(([name, option]) => {
      const short = option.short === undefined ? '' : ` -s ${option.short}`;
      const takes = option.type === 'boolean' ? '' : ` -r${fishArguments(ofOption(option))}`;
      return `complete -c touchstone ${on} -l ${name}${short}${takes} -d ${quoted(option.help)}`;
    });
    return [
      `complete -c touchstone -n __fish_use_subcommand -f -a ${command.name} -d ${quoted(command.summary)}`,
      ...(words
        ? [`complete -c touchstone ${on}${fishArguments(words)}`]
        : [`complete -c touchstone ${on} -f`]),
      ...values,
    ];
  });
  return `# Completion of touchstone for fish: touchstone completion fish | source\n${lines.join('\n')}\n`;
}

function fishArguments(completes: Completes): string {
  if (!completes) return ' -f';
  if ('ask' in completes)
    return ` -f -a ${quoted(`(touchstone completion words ${completes.ask} (commandline -ct) 2>/dev/null)`)}`;
  if ('files' in completes)
    return completes.files === 'any' ? ' -F' : ` -f -a ${quoted('(__fish_complete_directories)')}`;
  return ` -f -a ${quoted(completes.words.join(' '))}`;
}

/** In single quotes, as all three shells read them. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
