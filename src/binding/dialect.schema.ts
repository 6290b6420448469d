import type { FromSchema } from 'json-schema-to-ts';

const shape = {
  type: 'object',
  description: 'A JSON object, sent or received: "{name}" is filled in or compared, "{name=*}" is kept',
  minProperties: 1,
} as const;

const exchange = {
  type: 'object',
  required: ['send', 'receive'],
  additionalProperties: false,
  properties: { send: shape, receive: shape, refused: shape },
} as const;

/** JSON Schema of a dialect: how a chat server over WebSocket says what the messaging verbs mean. */
export const dialectSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Touchstone dialect',
  type: 'object',
  required: ['dialect', 'sign in', 'send', 'receive'],
  additionalProperties: false,
  properties: {
    dialect: { type: 'string' },
    subprotocol: { type: 'string', description: 'Offered in the opening handshake' },
    address: { type: 'string', description: 'How others address a user; default "{username}"' },
    'sign in': { ...exchange, description: 'Knows {username}, {password}, {resumable}; keeps {session}' },
    'refused by close': {
      type: 'array',
      items: { type: 'integer' },
      description: 'Close codes that refuse a sign-in',
    },
    send: {
      type: 'object',
      required: ['text'],
      additionalProperties: false,
      description:
        'Knows {to}, {id}, {text} or {base64}, and {claim}: the name that a liar puts on the message',
      properties: { text: shape, octets: shape },
    },
    receive: {
      type: 'object',
      required: ['text'],
      additionalProperties: false,
      description: 'Keeps {from}, {text} or {base64}, and {seq} where messages are numbered',
      properties: { text: shape, octets: shape, undelivered: shape, presence: shape },
    },
    appear: { ...shape, description: 'Knows {as}: available, away, busy' },
    befriend: { ...exchange, description: 'Knows {other}' },
    resume: {
      ...exchange,
      description: 'Knows {username}, {password}, {session} and {seq}, the last number received',
    },
    'sign out': shape,
  },
} as const;

export type Dialect = FromSchema<typeof dialectSchema>;
