import { opcode } from '../../websocket/frame.ts';
import { deflateSchema } from '../deflate-recipe.ts';
import { checkPayload, makePayload, payloadSchema } from '../payload.ts';
import type { Stage } from '../stage.ts';
import { actorAs, StepMistake, verb } from '../vocabulary.ts';
import { WebSocketActor } from './actor.ts';
import { checkFrame, type FrameText, frameSchema, frameSpec } from './frame-text.ts';

export function actorOf(step: { subject: string }, stage: Stage): WebSocketActor {
  return actorAs(stage, step.subject, WebSocketActor);
}

/** The number in a sentence: `in fragments of 125`. */
export function octetsIn(slots: Readonly<Record<string, string>>): number {
  const octets = Number(slots.octets);
  if (Number.isInteger(octets) && octets > 0 && octets <= 16_777_216) return octets;
  throw new StepMistake(`\`${slots.octets}\` is no number of octets`, 'a whole number from 1 on');
}

export function typeIn(slots: Readonly<Record<string, string>>): 'text' | 'binary' {
  return slots['text|binary'] === 'binary' ? 'binary' : 'text';
}

function sendFrames(actor: WebSocketActor, frames: readonly FrameText[], stage: Stage, every?: number): void {
  const specs = frames.map((frame) => frameSpec(frame, stage.names));
  for (const spec of specs) if (spec.opcode === opcode.pong) actor.rememberPong(spec.payload);
  actor.connection.sendFrames(specs, every === undefined ? {} : { every });
}

const frames = { type: 'array', items: frameSchema, minItems: 1 } as const;

const messageVerbs = [
  verb({
    subject: 'actor',
    phrase: 'sends {text|binary}',
    takes: payloadSchema,
    summary: 'Sends a message in one frame',
    example: '- client sends text: Hello',
    prepare: ({ value }) => checkPayload(value),
    play: (step, stage) => {
      const payload = makePayload(step.value, stage.names);
      actorOf(step, stage).connection.sendMessage(payload, { type: typeIn(step.slots) });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'sends {text|binary} in fragments of {octets}',
    takes: payloadSchema,
    summary: 'Sends a message in frames of so many octets of payload, the last one with what is left',
    example: '- client sends text in fragments of 5: Hello, world',
    prepare: ({ value, slots }) => {
      checkPayload(value);
      return octetsIn(slots);
    },
    play: (step, stage) => {
      const payload = makePayload(step.value, stage.names);
      const type = typeIn(step.slots);
      actorOf(step, stage).connection.sendMessage(payload, { type, fragmentsOf: step.prepared });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'sends {text|binary} in fragments of {octets} and an empty one',
    takes: payloadSchema,
    summary: 'As before, and the frame with FIN is one more, without payload',
    example: '- client sends text in fragments of 1 and an empty one: Hello',
    prepare: ({ value, slots }) => {
      checkPayload(value);
      return octetsIn(slots);
    },
    play: (step, stage) => {
      const payload = makePayload(step.value, stage.names);
      const options = { type: typeIn(step.slots), fragmentsOf: step.prepared, emptyLast: true };
      actorOf(step, stage).connection.sendMessage(payload, options);
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'sends {text|binary} in chops of {octets}',
    takes: payloadSchema,
    summary: 'Sends a message in one frame, which goes out in TCP writes of so many octets',
    example: '- client sends text in chops of 1: Hello',
    prepare: ({ value, slots }) => {
      checkPayload(value);
      return octetsIn(slots);
    },
    play: (step, stage) => {
      const frame = { opcode: typeIn(step.slots), payload: step.value };
      sendFrames(actorOf(step, stage), [frame], stage, step.prepared);
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'sends compressed {text|binary}',
    takes: payloadSchema,
    summary: 'Sends a message in one frame, compressed by permessage-deflate as it was negotiated',
    example: '- client sends compressed text: Hello',
    prepare: ({ value }) => checkPayload(value),
    play: (step, stage) => {
      const payload = makePayload(step.value, stage.names);
      actorOf(step, stage).connection.sendMessage(payload, { type: typeIn(step.slots), compress: true });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'sends compressed {text|binary} in fragments of {octets}',
    takes: payloadSchema,
    summary: 'Sends a compressed message in frames of so many octets of compressed data',
    example: '- client sends compressed text in fragments of 5: { text: "round and round ", length: 500 }',
    prepare: ({ value, slots }) => {
      checkPayload(value);
      return octetsIn(slots);
    },
    play: (step, stage) => {
      const payload = makePayload(step.value, stage.names);
      const options = { type: typeIn(step.slots), compress: true, fragmentsOf: step.prepared };
      actorOf(step, stage).connection.sendMessage(payload, options);
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'sends {text|binary} in deflate blocks',
    takes: deflateSchema.properties.deflate,
    summary:
      'Sends a compressed message in one frame, made of these DEFLATE blocks: stored, fixed or dynamic, with references to what went before, with BFINAL where `final` says so, and `times` over. The same recipe, as `deflate`, is a payload of frames',
    example: `- client sends text in deflate blocks:
    - stored: "Hello, "
    - fixed: [{ copy: 5, back: 7 }, " again"]
      final: true`,
    prepare: ({ value }) => checkPayload({ deflate: value }),
    play: (step, stage) => {
      const frame = { opcode: typeIn(step.slots), rsv1: true, payload: { deflate: step.value } };
      sendFrames(actorOf(step, stage), [frame], stage);
    },
  }),
];

const frameVerbs = [
  verb({
    subject: 'actor',
    phrase: 'sends frame',
    takes: frameSchema,
    summary: 'Sends a frame as it is described, however wrong: bits, opcode, mask, length',
    example: '- client sends frame: { fin: false, rsv1: true, opcode: 3, mask: false, payload: Hello }',
    prepare: ({ value }) => checkFrame(value),
    play: (step, stage) => sendFrames(actorOf(step, stage), [step.value], stage),
  }),
  verb({
    subject: 'actor',
    phrase: 'sends frames',
    takes: frames,
    summary: 'Sends several frames in one TCP write',
    example: `- client sends frames:
    - { opcode: text, fin: false, payload: Hel }
    - { opcode: ping, payload: in between }
    - { opcode: continuation, payload: lo }`,
    prepare: ({ value }) => value.forEach(checkFrame),
    play: (step, stage) => sendFrames(actorOf(step, stage), step.value, stage),
  }),
  verb({
    subject: 'actor',
    phrase: 'sends frames in chops of {octets}',
    takes: frames,
    summary: 'Sends several frames in TCP writes of so many octets, wherever that cuts them',
    example: `- client sends frames in chops of 1:
    - { opcode: text, payload: Hello }`,
    prepare: ({ value, slots }) => {
      value.forEach(checkFrame);
      return octetsIn(slots);
    },
    play: (step, stage) => sendFrames(actorOf(step, stage), step.value, stage, step.prepared),
  }),
  verb({
    subject: 'actor',
    phrase: 'sends {ping|pong}',
    takes: payloadSchema,
    summary: 'Sends a control frame with this payload',
    example: '- client sends ping: are you there?',
    prepare: ({ value }) => checkPayload(value),
    play: (step, stage) => {
      const opcode = step.slots['ping|pong'] === 'ping' ? 'ping' : 'pong';
      sendFrames(actorOf(step, stage), [{ opcode, payload: step.value }], stage);
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'sends sentinel',
    summary:
      'Sends a ping of its own kind; its pong proves that the server has read all that was sent before it',
    example: '- client sends sentinel',
    play: (step, stage) => {
      const actor = actorOf(step, stage);
      actor.connection.sendFrame({ opcode: opcode.ping, payload: actor.newSentinel() });
    },
  }),
];

const rawVerbs = [
  verb({
    subject: 'actor',
    phrase: 'writes',
    takes: payloadSchema,
    summary: 'Writes octets as they are, whatever they may be',
    example: '- client writes: { hex: 81 85 37 fa 21 3d 7f 9f 4d 51 58 }',
    prepare: ({ value }) => checkPayload(value),
    play: (step, stage) => {
      const actor = actorOf(step, stage);
      actor.connection.write(makePayload(step.value, stage.names));
      actor.requested = true;
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'writes in chops of {octets}',
    takes: payloadSchema,
    summary: 'Writes octets as they are, in TCP writes of so many',
    example: '- client writes in chops of 1: { hex: 81 85 37 fa 21 3d 7f 9f 4d 51 58 }',
    prepare: ({ value, slots }) => {
      checkPayload(value);
      return octetsIn(slots);
    },
    play: (step, stage) => {
      const actor = actorOf(step, stage);
      actor.connection.write(makePayload(step.value, stage.names), { every: step.prepared });
      actor.requested = true;
    },
  }),
];

export const sendingVerbs = [...messageVerbs, ...frameVerbs, ...rawVerbs];
