import { randomOf } from '../../network/mutation.ts';
import type { Relay } from '../../network/relay.ts';
import { StepFailure } from '../expectation.ts';
import { durationPattern, parseDuration, parseSize, sizePattern } from '../quantity.ts';
import type { Stage } from '../stage.ts';
import { type Vocabulary, verb } from '../vocabulary.ts';

function relayOf(stage: Stage, slots: Readonly<Record<string, string>>): Relay {
  const relay = stage.relay(slots.actor ?? '');
  if (relay) return relay;
  throw new Error(`no relay stands before ${slots.actor}`);
}

/** Each gap is told when it was used, so that a transcript shows where the path was cut. */
function cutAtRandom(
  actor: string,
  { times, seed, 'after up to': size }: { times: number; seed: number; 'after up to': number | string },
  stage: Stage,
): void {
  const most = parseSize(size) ?? 1;
  const random = randomOf(seed + numberOf(actor));
  const gaps = Array.from({ length: times }, () => 1 + random(most));
  const tell = (text: string) => stage.transcript.event('network', text);
  tell(`cuts ${actor} ${times} times, each after up to ${most} octets more, by seed ${seed}`);
  relayOf(stage, { actor }).cutAfterEach(gaps, (cuts) =>
    tell(`cut ${cuts} of ${times} of ${actor}, after ${gaps[cuts - 1]} octets`),
  );
}

/** A number made of a name, so that actors with one seed are not cut at the same places. */
function numberOf(name: string): number {
  return [...Buffer.from(name)].reduce((number, octet) => (number * 31 + octet) | 0, 7);
}

const octets = {
  anyOf: [
    { type: 'integer', minimum: 1 },
    { type: 'string', pattern: sizePattern },
  ],
} as const;

/** What happens to the path between an actor and the server. */
export const network: Vocabulary = {
  name: 'network',
  summary: 'Disturbing the path between one actor and the server',
  verbs: [
    verb({
      subject: 'network',
      phrase: 'cuts {actor}',
      takes: {
        type: 'object',
        properties: { 'after receiving': octets, 'after sending': octets },
        additionalProperties: false,
        minProperties: 1,
        maxProperties: 1,
      },
      optional: true,
      summary: 'Resets the connection on both sides (RST), at once or after so many octets more',
      example: '- network cuts romeo',
      play: ({ slots, value }, stage) => {
        const relay = relayOf(stage, slots);
        const received = value?.['after receiving'];
        const sent = value?.['after sending'];
        if (received !== undefined) relay.cutAfter(parseSize(received) ?? 0, 'received');
        else if (sent !== undefined) relay.cutAfter(parseSize(sent) ?? 0, 'sent');
        else relay.cut();
        stage.transcript.event('network', `cuts ${slots.actor}`);
      },
    }),
    verb({
      subject: 'network',
      phrase: 'cuts {actor} at random',
      takes: {
        type: 'object',
        properties: {
          times: { type: 'integer', minimum: 1, maximum: 10_000 },
          'after up to': octets,
          seed: { type: 'integer', minimum: 0 },
        },
        required: ['times', 'after up to', 'seed'],
        additionalProperties: false,
      },
      summary:
        'Resets the connection, and those that follow it, so many times: each time after a number of octets, whichever way they go, that is drawn by the seed; each actor has draws of its own',
      example: '- network cuts romeo at random: { times: 10, after up to: 5000, seed: 7 }',
      play: ({ slots, value }, stage) => cutAtRandom(slots.actor ?? '', value, stage),
    }),
    verb({
      subject: 'network',
      phrase: 'halts {actor}',
      summary: 'Lets nothing pass in either direction, and closes nothing',
      example: '- network halts romeo',
      play: ({ slots }, stage) => {
        relayOf(stage, slots).halt();
        stage.transcript.event('network', `halts ${slots.actor}`);
      },
    }),
    verb({
      subject: 'network',
      phrase: 'restores {actor}',
      summary: 'Ends every disturbance of the path',
      example: '- network restores romeo',
      play: ({ slots }, stage) => {
        relayOf(stage, slots).restore();
        stage.transcript.event('network', `restores ${slots.actor}`);
      },
    }),
    verb({
      subject: 'network',
      phrase: 'slows {actor}',
      takes: {
        type: 'object',
        properties: {
          latency: { type: 'string', pattern: durationPattern },
          'bytes per second': { type: 'integer', minimum: 1 },
        },
        additionalProperties: false,
        minProperties: 1,
      },
      summary: 'Delays every octet, or lets only so many pass in a second',
      example: '- network slows romeo: { latency: 50ms, bytes per second: 20000 }',
      play: ({ slots, value }, stage) => {
        const bytesPerSecond = value['bytes per second'];
        relayOf(stage, slots).slow({
          latencyMs: (value.latency && parseDuration(value.latency)) || 0,
          ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
        });
        stage.transcript.event('network', `slows ${slots.actor}`);
      },
    }),
    verb({
      subject: 'network',
      phrase: 'slices {actor}',
      takes: {
        type: 'object',
        properties: { every: { type: 'integer', minimum: 1 } },
        required: ['every'],
        additionalProperties: false,
      },
      summary: 'Hands on so many octets at a time, each as a packet of its own',
      example: '- network slices romeo: { every: 1 }',
      play: ({ slots, value }, stage) => {
        relayOf(stage, slots).slice({ every: value.every });
        stage.transcript.event('network', `slices ${slots.actor}`);
      },
    }),
    verb({
      subject: 'network',
      phrase: 'last carried an alert to {actor}',
      summary:
        'The last TLS record from the server was an alert: close_notify, where nothing else was wrong. For direct TLS up to version 1.2, once the connection is over',
      example: '- network last carried an alert to romeo',
      play: ({ slots }, stage) => {
        if (relayOf(stage, slots).endedWithAlert) return;
        throw new StepFailure({
          kind: 'mismatch',
          expected: `a TLS alert to be the last that ${slots.actor} gets`,
          message: 'the last TLS record was something else',
        });
      },
    }),
  ],
};
