import type { FromSchema } from 'json-schema-to-ts';
import { type FrameSpec, opcode as opcodes } from '../../websocket/frame.ts';
import type { Names } from '../names.ts';
import { checkPayload, makePayload, payloadSchema } from '../payload.ts';
import { StepMistake } from '../vocabulary.ts';

const opcode = {
  description: 'The name of an opcode, or its number: 3 to 7 and 11 to 15 are reserved',
  anyOf: [{ enum: Object.keys(opcodes) }, { type: 'integer', minimum: 0, maximum: 15 }],
} as const;

const bit = { type: 'boolean' } as const;

/** JSON Schema of a frame to be sent, however wrong. */
export const frameSchema = {
  type: 'object',
  description: 'A frame to be sent; what is not said is as it should be',
  properties: {
    fin: { ...bit, description: 'The last frame of its message; true unless said otherwise' },
    rsv1: bit,
    rsv2: bit,
    rsv3: bit,
    opcode,
    mask: {
      description:
        'Whether the frame is masked, or the masking key itself; a random key unless said otherwise',
      anyOf: [bit, { type: 'string', pattern: '^[0-9A-Fa-f]{8}$' }],
    },
    length: {
      type: 'object',
      description: 'The length as it is written, where it shall not be the shortest form of the true one',
      properties: {
        as: { enum: ['7-bit', '16-bit', '64-bit'] },
        of: {
          anyOf: [
            { type: 'integer', minimum: 0 },
            { type: 'string', pattern: '^0x[0-9A-Fa-f]{1,16}$' },
          ],
        },
      },
      minProperties: 1,
      additionalProperties: false,
    },
    payload: payloadSchema,
  },
  required: ['opcode'],
  additionalProperties: false,
} as const;

export type FrameText = FromSchema<typeof frameSchema>;

/** JSON Schema of a frame that is waited for: what is named must be so. */
export const framePatternSchema = {
  type: 'object',
  description: 'What the frame must be like; what is not said may be anything',
  properties: { fin: bit, rsv1: bit, rsv2: bit, rsv3: bit, opcode, mask: bit, payload: payloadSchema },
  additionalProperties: false,
} as const;

export type FramePattern = FromSchema<typeof framePatternSchema>;

const formLimits = { '7-bit': 125n, '16-bit': 0xffffn, '64-bit': 0xffff_ffff_ffff_ffffn } as const;

/** Finds what the schema cannot say about a frame. Throws `StepMistake`. */
export function checkFrame(frame: FrameText): void {
  if (frame.payload !== undefined) checkPayload(frame.payload);
  const { as: form, of } = frame.length ?? {};
  if (form !== undefined && of !== undefined && BigInt(of) > formLimits[form])
    throw new StepMistake(`a length of ${of} cannot be written in the ${form} form`);
}

/** The frame as the wire library wants it. */
export function frameSpec(frame: FrameText, names: Names): FrameSpec {
  const { payload, opcode: word, length, mask, ...bits } = frame;
  return {
    ...bits,
    opcode: opcodeNumber(word),
    payload: payload === undefined ? Buffer.alloc(0) : makePayload(payload, names),
    ...(mask === undefined ? {} : { mask: typeof mask === 'string' ? Buffer.from(mask, 'hex') : mask }),
    ...(length === undefined ? {} : { length: lengthSpec(length) }),
  };
}

function lengthSpec({ as: form, of }: NonNullable<FrameText['length']>): NonNullable<FrameSpec['length']> {
  return {
    ...(form === undefined ? {} : { as: form }),
    ...(of === undefined ? {} : { of: BigInt(of) }),
  };
}

export function opcodeNumber(word: FrameText['opcode']): number {
  return typeof word === 'number' ? word : (opcodes[word as keyof typeof opcodes] ?? 0);
}

/** The name of an opcode, for people. */
export function opcodeName(opcodeValue: number): string {
  const named = Object.entries(opcodes).find(([, value]) => value === opcodeValue);
  return named ? named[0] : `opcode ${opcodeValue}`;
}

/** A frame in a few words: `a text frame without FIN, with RSV1`. */
export function describeFrame(frame: {
  opcode: number;
  fin?: boolean;
  rsv1?: boolean;
  rsv2?: boolean;
  rsv3?: boolean;
}): string {
  const set = (['rsv1', 'rsv2', 'rsv3'] as const)
    .filter((name) => frame[name])
    .map((name) => name.toUpperCase());
  const traits = [
    frame.fin === false ? 'without FIN' : '',
    set.length > 0 ? `with ${set.join(' and ')}` : '',
  ];
  return ['a', opcodeName(frame.opcode), 'frame', traits.filter(Boolean).join(', ')]
    .filter(Boolean)
    .join(' ');
}
