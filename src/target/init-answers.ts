import { schemaLine } from './init.ts';

/** What a person says of a server that a target file is to be written for. */
export interface Answers {
  kind: 'container' | 'process' | 'external';
  protocol: 'xmpp' | 'websocket' | 'websocket-echo';
  /** The image or `.`, the command, or where it listens. */
  where: string;
}

/** The question behind the third answer, and what an empty line means, by kind. */
export const whereQuestions = {
  container: { question: 'Its image (or . for the Dockerfile in this folder)', otherwise: '.' },
  process: {
    question: 'The command that starts it, {port} being the port that it is to listen on',
    otherwise: 'node server.js {port}',
  },
  external: {
    question: 'Where it listens (chat.example, chat.example:5223, wss://chat.example/ws)',
    otherwise: 'localhost',
  },
} as const;

interface Place {
  host: string;
  port: number | undefined;
  path: string;
  isSecured: boolean;
}

/** What is wrong with the third answer, if anything is. */
export function mistakeInWhere(kind: Answers['kind'], where: string): string | undefined {
  if (where.trim() === '') return 'say something';
  if (kind === 'process') return wordsOf(where).length > 0 ? undefined : 'a program, and its arguments';
  return kind === 'external' && placeOf(where) === undefined
    ? 'a host, a host:port, or a ws:// address'
    : undefined;
}

/** The text of a target file, which is valid as it stands. */
export function targetFor(answers: Answers): string {
  const { kind, protocol, where } = answers;
  const place = kind === 'external' ? placeOf(where) : undefined;
  const domain = place && !/^[\d.:]+$/.test(place.host) ? place.host : 'chat.example';
  const name = nameOf(answers, place);
  const lines = [
    `target: ${name}`,
    `title: ${JSON.stringify(place ? `Server at ${place.host}` : `Server ${name}`)}`,
    `product: { name: ${JSON.stringify(name)} } # add version: "1.0", or the command that prints it`,
    'start:',
    ...startOf(answers, place),
    ...(protocol === 'xmpp' ? [`domain: ${JSON.stringify(domain)}`] : []),
    'endpoints:',
    endpointOf(answers, place),
    ...(protocol === 'xmpp'
      ? [
          'accounts: { in-band: true } # or list: [{ username: ..., password: ... }], or a command that makes one',
        ]
      : []),
    ...(kind === 'external' ? ['tls: { ca: system } # or the PEM file of your own authority'] : []),
    `# claims: [${protocol === 'xmpp' ? 'starttls' : 'permessage-deflate'}] # what the server is said to offer: not to offer it is a failure then`,
  ];
  return `${schemaLine}\n${lines.join('\n')}\n`;
}

function startOf({ kind, protocol, where }: Answers, place: Place | undefined): string[] {
  if (kind === 'external') return [`  external: { host: ${JSON.stringify(place?.host ?? where)} }`];
  if (kind === 'process') {
    const endpoint = protocol === 'xmpp' ? 'xmpp' : 'websocket';
    const words = wordsOf(where).map((word) =>
      JSON.stringify(word.replaceAll('{port}', `{port.${endpoint}}`)),
    );
    return [
      '  process:',
      `    command: [${words.join(', ')}]`,
      '    # environment: { TLS_CERT: "{certificate}", TLS_KEY: "{private-key}" }',
    ];
  }
  return [
    '  container:',
    /^\.{0,2}\//.test(`${where}/`)
      ? `    build: ${JSON.stringify(where)}`
      : `    image: ${JSON.stringify(where)}`,
    '    # files: # made for each run and put there before the start',
    '    #   /etc/server/server.crt: certificate',
    '    #   /etc/server/server.key: private-key',
  ];
}

function endpointOf({ kind, protocol, where }: Answers, place: Place | undefined): string {
  const isFree = kind === 'process' && where.includes('{port}');
  const port = (usual: number) => (isFree ? undefined : `port: ${place?.port ?? usual}`);
  const note = isFree
    ? ' # a free port is chosen'
    : kind === 'container'
      ? ' # the port inside the container'
      : '';
  if (protocol === 'xmpp') {
    // Where TLS begins with the first octet by habit.
    if (place?.port === 5223) return '  xmpp-tls: { port: 5223 }';
    return `  xmpp: { ${[port(5222), 'tls: offered'].filter(Boolean).join(', ')} }${note}`;
  }
  const path = `path: ${JSON.stringify(place?.path ?? '/')}`;
  const echo = protocol === 'websocket-echo' ? 'echo: true' : undefined;
  const about = [port(place?.isSecured ? 443 : kind === 'external' ? 80 : 8080), path, echo]
    .filter(Boolean)
    .join(', ');
  return `  ${place?.isSecured ? 'websocket-tls' : 'websocket'}: { ${about} }${note}`;
}

/** The last word of what names the server, in kebab-case. */
function nameOf({ kind, where }: Answers, place: Place | undefined): string {
  const word =
    place?.host ?? (kind === 'container' ? where.replace(/[:@][^/]*$/, '') : (wordsOf(where)[0] ?? ''));
  const last = kind === 'external' ? word : (word.split('/').at(-1) ?? '');
  const name = last
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return !/^[a-z]/.test(name) || name === 'node' ? 'my-server' : name;
}

function placeOf(where: string): Place | undefined {
  const text = where.includes('://') ? where : `tcp://${where}`;
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port, pathname } = new URL(text);
  if (hostname === '' || !/^(tcp|wss?|https?|xmpps?):$/.test(protocol)) return undefined;
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? undefined : Number(port),
    path: pathname === '' ? '/' : pathname,
    isSecured: protocol === 'wss:' || protocol === 'https:',
  };
}

/** A command as a person types it: words, some of them in quotes. No shell is meant. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  );
}
