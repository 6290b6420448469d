import type { FromSchema } from 'json-schema-to-ts';
import { capabilityNames } from './capabilities.ts';
import { variantsSchema } from './variants.schema.ts';

const command = {
  type: 'array',
  minItems: 1,
  items: { type: 'string' },
} as const;

const port = { type: 'integer', minimum: 1, maximum: 65535 } as const;
const portDescription =
  'The port that the server listens on; in a container it is mapped to a free port of this machine. A process target may leave it out: then a free port is chosen, and `{port.<endpoint>}` names it in the command';
const path = {
  type: 'string',
  pattern: '^/',
  description: 'The path of the WebSocket, from / on; / by default',
} as const;
const dialect = { type: 'string', description: 'The dialect file, from the folder of this file' } as const;
const echo = {
  type: 'boolean',
  description: 'The server sends every message back: the cases of RFC 6455 and RFC 7692 need it',
} as const;

const oneServer = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://touchstone.example/target.schema.json',
  title: 'Touchstone target',
  description: 'A server to be tested, and the way to start, reach, provision and disturb it',
  type: 'object',
  required: ['target', 'title', 'product', 'start'],
  // The embedded server says itself where its endpoints are.
  if: { properties: { start: { required: ['embedded'] } } },
  else: { required: ['endpoints'] },
  additionalProperties: false,
  properties: {
    target: {
      type: 'string',
      pattern: '^[a-z0-9]+(-[a-z0-9]+)*$',
      description: 'The name of the target in kebab-case',
    },
    title: { type: 'string', minLength: 1, description: 'The name that reports show' },
    product: {
      type: 'object',
      description: 'What the server is; reports show it',
      required: ['name'],
      additionalProperties: false,
      properties: {
        name: { type: 'string', minLength: 1, description: 'The name of the software' },
        version: {
          description: 'The version of the software: as text, or the command that prints it',
          oneOf: [
            { type: 'string', minLength: 1 },
            {
              type: 'object',
              required: ['command', 'match'],
              additionalProperties: false,
              properties: {
                command: { ...command, description: 'Run where the server runs' },
                match: {
                  type: 'string',
                  description: 'A regular expression whose first group is the version',
                },
              },
            },
          ],
        },
      },
    },
    start: {
      type: 'object',
      description: 'Where the server comes from: exactly one of embedded, container, process, external',
      additionalProperties: false,
      minProperties: 1,
      maxProperties: 1,
      properties: {
        embedded: {
          type: 'object',
          description: "Touchstone's own reference server, inside this process",
          additionalProperties: false,
          properties: {
            faults: {
              type: 'array',
              description: 'Names of faults that it commits on purpose',
              items: { type: 'string' },
            },
          },
        },
        container: {
          type: 'object',
          description: 'A container that lives as long as the run',
          additionalProperties: false,
          oneOf: [{ required: ['image'] }, { required: ['build'] }],
          dependentRequired: { 'build-arguments': ['build'] },
          properties: {
            image: { type: 'string', minLength: 1, description: 'The image to start, as for docker run' },
            build: {
              type: 'string',
              minLength: 1,
              description:
                'The folder with the Dockerfile, from the folder of this file; built once for each content',
            },
            'build-arguments': {
              type: 'object',
              description: 'What the ARGs of the Dockerfile are set to',
              additionalProperties: { type: 'string' },
            },
            command: { ...command, description: 'Instead of the command that the image names' },
            environment: {
              type: 'object',
              description: 'Environment variables',
              additionalProperties: { type: 'string' },
            },
            files: {
              type: 'object',
              description: 'Absolute path in the container -> what is put there before the start',
              propertyNames: { pattern: '^/', description: 'an absolute path in the container' },
              additionalProperties: {
                type: 'string',
                pattern: '^(certificate|private-key|ca|\\.{1,2}/.+)$',
                description:
                  '`certificate`, `private-key` or `ca` (PEM, made for each run), or a file beside this one that begins with ./',
              },
            },
            health: {
              type: 'object',
              description:
                'What must be true before the protocol is tried; a HEALTHCHECK of the image is always waited for',
              additionalProperties: false,
              minProperties: 1,
              properties: {
                log: {
                  type: 'string',
                  description: 'A regular expression that some line of the log matches',
                },
                command: { ...command, description: 'Run in the container until it exits with 0' },
              },
            },
            within: {
              type: 'string',
              pattern: '^[1-9][0-9]*(ms|s|min)$',
              description: 'Until then it must answer: 60s by default, not counting the build of the image',
            },
          },
        },
        process: {
          type: 'object',
          description:
            'A command on this machine. It may name {certificate}, {private-key}, {ca} (files made for each run), {folder} (an empty one) and {port.<endpoint>}',
          required: ['command'],
          additionalProperties: false,
          properties: {
            command: { ...command, description: 'The program and its arguments; no shell' },
            folder: { type: 'string', description: 'Where it runs, from the folder of this file' },
            environment: {
              type: 'object',
              description: "Environment variables, beside Touchstone's own",
              additionalProperties: { type: 'string' },
            },
            within: {
              type: 'string',
              pattern: '^[1-9][0-9]*(ms|s|min)$',
              description: 'Until then it must answer: 60s by default',
            },
          },
        },
        external: {
          type: 'object',
          description: 'A server that runs already; Touchstone neither starts nor stops it',
          required: ['host'],
          additionalProperties: false,
          properties: {
            host: { type: 'string', minLength: 1, description: 'Its name or address' },
            within: {
              type: 'string',
              pattern: '^[1-9][0-9]*(ms|s|min)$',
              description: 'Until then it must answer: 10s by default',
            },
          },
        },
      },
    },
    watch: {
      type: 'array',
      minItems: 1,
      items: { type: 'string', minLength: 1 },
      description:
        'Files and folders, from the folder of this file, of which `run --watch` starts the server anew when they change; the file itself and what is built or copied are among them already',
    },
    domain: { type: 'string', minLength: 1, description: 'The XMPP domain that accounts belong to' },
    'anonymous-domain': {
      type: 'string',
      minLength: 1,
      description: 'The XMPP domain whose only SASL mechanism is ANONYMOUS',
    },
    rooms: { type: 'string', minLength: 1, description: 'The address of the service that holds chat rooms' },
    pubsub: {
      type: 'string',
      minLength: 1,
      description: 'The address of the service for publishing and subscribing (XEP-0060)',
    },
    uploads: {
      type: 'string',
      minLength: 1,
      description: 'The address of the service that takes files by HTTP (XEP-0363)',
    },
    endpoints: {
      type: 'object',
      description: 'The ways in; the embedded server brings its own',
      default: {},
      additionalProperties: false,
      minProperties: 1,
      properties: {
        xmpp: {
          type: 'object',
          description: 'XMPP over TCP (RFC 6120)',
          additionalProperties: false,
          properties: {
            port: { ...port, description: portDescription },
            tls: {
              enum: ['required', 'offered', 'none'],
              description: 'What the server does about STARTTLS; required by default',
            },
          },
        },
        'xmpp-tls': {
          type: 'object',
          description: 'XMPP with TLS from the first octet (XEP-0368)',
          additionalProperties: false,
          properties: { port: { ...port, description: portDescription } },
        },
        'xmpp-websocket': {
          type: 'object',
          description: 'XMPP over WebSocket (RFC 7395), without TLS',
          additionalProperties: false,
          properties: { port: { ...port, description: portDescription }, path },
        },
        'xmpp-websocket-tls': {
          type: 'object',
          description: 'XMPP over WebSocket (RFC 7395), with TLS',
          additionalProperties: false,
          properties: { port: { ...port, description: portDescription }, path },
        },
        websocket: {
          type: 'object',
          description: 'WebSocket (RFC 6455), without TLS',
          additionalProperties: false,
          properties: { port: { ...port, description: portDescription }, path, echo },
        },
        'websocket-tls': {
          type: 'object',
          description: 'WebSocket (RFC 6455), with TLS',
          additionalProperties: false,
          properties: { port: { ...port, description: portDescription }, path, echo },
        },
        chat: {
          type: 'object',
          description: 'A chat server over WebSocket that a dialect tells how to speak to, without TLS',
          required: ['dialect'],
          additionalProperties: false,
          properties: { port: { ...port, description: portDescription }, path, dialect },
        },
        'chat-tls': {
          type: 'object',
          description: 'The same with TLS',
          required: ['dialect'],
          additionalProperties: false,
          properties: { port: { ...port, description: portDescription }, path, dialect },
        },
      },
    },
    tls: {
      type: 'object',
      description: "What the server's certificate must lead to",
      required: ['ca'],
      additionalProperties: false,
      properties: {
        ca: {
          type: 'string',
          description:
            '`touchstone`: the authority made for each run (the default for containers and processes); `system`: what Node.js trusts (the default for external servers); or a PEM file, from the folder of this file',
        },
      },
    },
    accounts: {
      description: 'How somebody who may log in comes to be',
      oneOf: [
        {
          type: 'object',
          required: ['in-band'],
          additionalProperties: false,
          properties: { 'in-band': { const: true, description: 'By in-band registration (XEP-0077)' } },
        },
        {
          type: 'object',
          required: ['command'],
          additionalProperties: false,
          properties: {
            command: {
              ...command,
              description:
                'Run where the server runs, for each account; it names {username}, {password} and {domain}',
            },
          },
        },
        {
          type: 'object',
          required: ['list'],
          additionalProperties: false,
          properties: {
            list: {
              type: 'array',
              minItems: 1,
              description: 'Accounts that exist; each is used by one case, then the list begins again',
              items: {
                type: 'object',
                required: ['username', 'password'],
                additionalProperties: false,
                properties: { username: { type: 'string' }, password: { type: 'string' } },
              },
            },
          },
        },
      ],
    },
    control: {
      type: 'object',
      description:
        'Commands on this machine that disturb the server; containers and processes are disturbed through the engine and by signals where nothing is said here',
      additionalProperties: false,
      properties: {
        restart: { ...command, description: 'Ends when the server is on its way up again' },
        pause: { ...command, description: 'Afterwards the server does nothing, its connections stay open' },
        resume: { ...command, description: 'Ends a pause' },
        kill: { ...command, description: 'The server dies without a word' },
      },
      dependentRequired: { pause: ['resume'], kill: ['restart'] },
    },
    claims: {
      type: 'array',
      description: 'What the server is said to be able to do; claimed, but not offered, is a failure',
      uniqueItems: true,
      items: { enum: capabilityNames },
    },
    jobs: { type: 'integer', minimum: 1, description: 'How many cases the server plays at once' },
  },
} as const;

const variantName = { type: 'string', pattern: '^[a-z0-9]+([.-][a-z0-9]+)*$' } as const;

/** JSON Schema of a target.yaml. */
export const targetSchema = {
  ...oneServer,
  dependentRequired: { variants: ['variant'] },
  properties: {
    ...oneServer.properties,
    variant: {
      ...variantName,
      description: 'Where there are variants: the name of the one that the file itself describes',
    },
    variants: variantsSchema(oneServer.properties, variantName),
  },
} as const;

/** What a target.yaml says. */
export type TargetFile = FromSchema<typeof targetSchema>;

export type ContainerStart = NonNullable<TargetFile['start']['container']>;
export type ProcessStart = NonNullable<TargetFile['start']['process']>;

/** The schema as the text of target.schema.json, which editors read. */
export function writeTargetSchema(): string {
  return `${JSON.stringify(targetSchema, null, 2)}\n`;
}
