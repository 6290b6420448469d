import type { kindOf } from './load-target.ts';

export type TargetKind = ReturnType<typeof kindOf>;

/** Kinds of targets with what each is for, as `touchstone init` lists them. */
export const targetKinds: Readonly<Record<TargetKind, string>> = {
  container: 'a server in a container that is started for each run',
  process: 'a command on this machine that is started for each run',
  external: 'a server that runs already',
  embedded: "Touchstone's own server, with faults on purpose",
};

export const schemaLine =
  '# yaml-language-server: $schema=https://unpkg.com/touchstone/src/target/target.schema.json';

const templates: Readonly<Record<TargetKind, string>> = {
  container: `target: my-server
title: My server
product: { name: My server, version: "1.0" }
start:
  container:
    image: my-server:latest # or build: . for the Dockerfile beside this file
    files: # made for each run and put there before the start
      /etc/my-server/server.crt: certificate
      /etc/my-server/server.key: private-key
    health: { log: "ready" } # a line of its log; then the protocol is tried
    within: 60s
domain: chat.example
endpoints: # the ports inside the container
  xmpp: { port: 5222, tls: required }
  xmpp-websocket: { port: 5280, path: /xmpp-websocket }
accounts:
  command: [my-server-ctl, register, "{username}", "{domain}", "{password}"]
claims: [starttls, sasl-scram-sha-256, stream-management]
`,
  process: `target: my-server
title: My server
product: { name: My server, version: { command: [node, --version], match: "v(.+)" } }
start:
  process:
    command: [node, server.js, --port, "{port.websocket}"]
    environment: { TLS_CERT: "{certificate}", TLS_KEY: "{private-key}" }
endpoints: # without a port, a free one is chosen
  websocket: { path: /, echo: true }
claims: [websocket, websocket-echo]
`,
  external: `target: my-server
title: My server at chat.example
product: { name: My server }
start:
  external: { host: chat.example }
domain: chat.example
endpoints:
  xmpp: { port: 5222, tls: required }
  xmpp-tls: { port: 5223 }
tls: { ca: system } # or the PEM file of your own authority
accounts:
  list: # somebody's password has no place in a repository: use accounts that exist for tests
    - { username: romeo, password: change-me }
    - { username: juliet, password: change-me }
control: # without these, cases that disturb the server are unsupported
  restart: [ssh, chat.example, systemctl, restart, my-server]
jobs: 2
`,
  embedded: `target: reference
title: Embedded reference server
product: { name: Touchstone reference server }
start:
  embedded: {} # { faults: [change-text] } breaks a promise on purpose
`,
};

/** The text of a target file to begin with. It is valid as it stands. */
export function targetTemplate(kind: TargetKind): string {
  return `${schemaLine}\n${templates[kind]}`;
}
