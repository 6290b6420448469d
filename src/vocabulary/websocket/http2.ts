import {
  encodeSettings,
  frameType,
  type SettingName,
  settingIds,
} from '../../websocket/http2/http2-frame.ts';
import { describeFacts, FactExpectation, judgeFacts } from '../facts.ts';
import { verb } from '../vocabulary.ts';
import { describeArrival } from './actor.ts';
import { arrivalFor, type Judgement } from './arrival-expectation.ts';
import { resetReason } from './http2-way.ts';
import { actorOf } from './sending.ts';

const names = Object.keys(settingIds) as SettingName[];

export const http2Verbs = [
  verb({
    subject: 'actor',
    phrase: 'sees settings',
    takes: {
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
      additionalProperties: false,
      minProperties: 1,
    },
    summary:
      'What the server has told of HTTP/2 in SETTINGS, by the names of RFC 9113 section 6.5.2 and RFC 8441 section 3; `{-}`: nothing',
    example: '- client sees settings: { ENABLE_CONNECT_PROTOCOL: "1" }',
    expect: (step, stage) => {
      const actor = actorOf(step, stage);
      const pattern = step.value as Record<string, string>;
      return new FactExpectation(actor, describeFacts('SETTINGS', pattern), () => {
        const { http2 } = actor;
        if (!http2) return 'other';
        const actual = (name: string) => http2.session.peer.get(name as SettingName)?.toString();
        return judgeFacts(actor, 'SETTINGS', pattern, actual, stage);
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'sends settings',
    takes: {
      type: 'object',
      properties: { ENABLE_CONNECT_PROTOCOL: { type: 'integer', minimum: 0, maximum: 2 ** 32 - 1 } },
      additionalProperties: false,
      minProperties: 1,
    },
    summary: 'Sends SETTINGS of HTTP/2 as they are, legal or not',
    example: '- client sends settings: { ENABLE_CONNECT_PROTOCOL: 1 }',
    play: (step, stage) => {
      const payload = encodeSettings(step.value);
      actorOf(step, stage).http2?.session.sendFrame({
        type: frameType.settings,
        flags: 0,
        stream: 0,
        payload,
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'is reset',
    takes: { type: 'string', minLength: 1 },
    optional: true,
    summary: 'The server resets the stream (RST_STREAM) with an error code of HTTP/2 that fits',
    example: '- client is reset: "{PROTOCOL_ERROR|CANCEL}"',
    expect: (step, stage) => {
      const actor = actorOf(step, stage);
      const wanted = step.value ?? '{*}';
      const expected = `the server to reset the stream of ${actor.name} with ${wanted}`;
      return arrivalFor(actor, {
        expected,
        survivesEnd: true,
        judge(event): Judgement {
          if (event.kind !== 'ended') return 'other';
          if (stage.names.matches(wanted, resetReason(event.error), new Map())) return 'met';
          return actor.finding('closed', expected, `what came was ${describeArrival(event)}`);
        },
        // The end stays for whoever waits for that.
        take: () => undefined,
        nudge: () => actor.nudge(),
      });
    },
  }),
];
