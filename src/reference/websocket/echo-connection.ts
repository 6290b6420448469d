import { isUtf8 } from 'node:buffer';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { decodeClose, encodeClose, isDefined } from '../../websocket/close-code.ts';
import type { DeflateParameters } from '../../websocket/deflate-offer.ts';
import { encodeFrame, encodeFrameHead, type Frame, isControl, opcode } from '../../websocket/frame.ts';
import { FrameError, type FrameHead, FrameParser } from '../../websocket/frame-parser.ts';
import { HeadError, type HeadReader } from '../../websocket/http-head.ts';
import { StreamReset } from '../../websocket/http2/http2-error.ts';
import { Http2Stream } from '../../websocket/http2/http2-stream.ts';
import { OctetCollector } from '../../websocket/octet-collector.ts';
import { Utf8Validator } from '../../websocket/utf8.ts';
import type { FaultSwitch } from '../fault.ts';
import type { Ground } from '../service.ts';
import { headProblem, type Problem } from './echo-checks.ts';
import { EchoCompression } from './echo-compression.ts';
import { answerHandshake, answerMalformed, requestReader } from './echo-handshake.ts';

/** A message above this fails its connection with 1009, in octets. */
const largestMessage = 16 * 1_048_576;

/** A payload of so many octets is not copied to be sent. */
const large = 65_536;

/** A message whose last fragment has not come. */
interface MessageBegun {
  type: number;
  compressed: boolean;
  octets: OctetCollector;
  utf8: Utf8Validator;
}

/** One client of the echo endpoint, from its opening handshake to the end of TCP. */
export class EchoConnection {
  readonly #socket: Duplex;
  readonly #faults: FaultSwitch;
  readonly #ground: Ground;
  readonly #endServer: () => void;
  readonly #isHeldUp: () => boolean;
  #head: HeadReader | undefined;
  #frames: FrameParser | undefined;
  #compression: EchoCompression | undefined;
  /** The message that has begun. */
  #message: MessageBegun | undefined;
  #closing = false;
  /** Only with a fault on: pings that are answered later. */
  readonly #held: Frame[] = [];
  /** What is being inflated or compressed, and all that comes after it, in order. */
  #work: Promise<void> | undefined;

  /**
   * On a stream of HTTP/2 the handshake is over already, and `opened` says what was agreed; elsewhere `isHeldUp` is
   * asked before its octets are read.
   */
  constructor(
    socket: Duplex,
    ground: Ground,
    endServer: () => void,
    way: {
      opened?: { deflate: DeflateParameters | undefined };
      isHeldUp?: (connection: EchoConnection) => boolean;
    },
  ) {
    this.#socket = socket;
    this.#faults = ground.faults;
    this.#ground = ground;
    this.#endServer = endServer;
    this.#isHeldUp = () => way.isHeldUp?.(this) ?? false;
    if (way.opened) this.#begin(way.opened.deflate);
    else this.#head = requestReader(ground.faults);
    socket.on('data', (octets: Buffer) => this.#received(octets));
    // The client ended its half without a closing handshake: the server ends its own (RFC 6455 section 7.1.1).
    socket.on('end', () => {
      if (!this.#isDeafToEnd) this.#inOrder(() => this.#endHalf());
    });
    if (this.#faults.active('end-of-tcp-is-not-noticed') || socket instanceof Http2Stream)
      socket.allowHalfOpen = true;
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' && this.#faults.active('reset-ends-the-server')) this.#endServer();
      if (error instanceof StreamReset && this.#faults.active('reset-of-a-stream-ends-the-server'))
        this.#endServer();
    });
  }

  /** Its opening handshake is not at its end. */
  get isOpening(): boolean {
    return this.#head !== undefined;
  }

  get #isOverHttp2(): boolean {
    return this.#socket instanceof Http2Stream;
  }

  /** Ends the own half: FIN, or END_STREAM. */
  #endHalf(): void {
    const socket = this.#socket;
    if (!(socket instanceof Http2Stream)) socket.end();
    else if (this.#faults.active('end-is-a-reset-over-http2')) socket.reset('CANCEL');
    else if (this.#faults.active('streams-are-reset-without-cancel')) socket.reset('INTERNAL_ERROR');
    else socket.end();
  }

  get #isDeafToEnd(): boolean {
    return this.#faults.active(
      this.#isOverHttp2 ? 'end-of-stream-is-not-noticed' : 'end-of-tcp-is-not-noticed',
    );
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  cutOff(): void {
    this.#socket.destroy();
  }

  /** The server goes down (close code 1001). */
  goAway(): void {
    if (this.#frames) this.#close(1001);
    else this.#socket.destroy();
  }

  #received(octets: Buffer): void {
    try {
      if (this.#head) this.#readHead(this.#head, octets);
      else this.#frames?.write(octets);
    } catch (error) {
      if (error instanceof FrameError && this.#faults.active('top-bit-of-length-is-ignored')) return;
      if (error instanceof FrameError && error.tooLarge) this.#refuseSize();
      else if (error instanceof FrameError) this.#fail({ code: 1002, why: error.message });
      else if (error instanceof HeadError) this.#refuse(error);
      else throw error;
    }
  }

  #refuse(error: HeadError): void {
    // Nothing more is read: a client that goes on is not answered again.
    this.#head = undefined;
    this.#socket.end(answerMalformed(error, this.#faults).octets);
  }

  #readHead(reader: HeadReader, octets: Buffer): void {
    if (this.#isHeldUp()) return;
    const head = reader.write(octets);
    if (!head && this.#faults.active('handshakes-in-parts-are-refused'))
      throw new HeadError('the request did not come in one piece');
    if (!head) return;
    const { octets: answer, open, deflate } = answerHandshake(head, this.#faults);
    if (!open) {
      this.#head = undefined;
      this.#socket.end(answer);
      return;
    }
    this.#socket.write(answer);
    this.#begin(deflate);
    if (this.#faults.active('frames-behind-the-handshake-are-lost')) return;
    if (head.rest.length > 0) this.#frames?.write(head.rest);
  }

  /** From now on there are frames. */
  #begin(deflate: DeflateParameters | undefined): void {
    this.#head = undefined;
    if (deflate) this.#compression = new EchoCompression(deflate, largestMessage, this.#faults);
    this.#frames = new FrameParser(
      {
        onHead: (frame) => this.#judgeHead(frame),
        onPart: (frame, part) => this.#judgePart(frame, part),
        onFrame: (frame) => this.#take(frame),
      },
      largestMessage,
    );
  }

  /** Bad frames are failed as soon as their head has come (RFC 6455 section 10.7). */
  #judgeHead(head: FrameHead): void {
    const inside = this.#message !== undefined;
    const problem = this.#closing
      ? undefined
      : headProblem(head, { inside, deflate: this.#compression !== undefined }, this.#faults);
    if (problem) this.#fail(problem);
    else if (!isControl(head.opcode) && head.opcode !== opcode.continuation && !this.#closing)
      this.#beginMessage(head);
  }

  #beginMessage(head: FrameHead): void {
    const compressed = head.rsv1 && this.#compression !== undefined;
    this.#message = {
      type: head.opcode,
      compressed,
      octets: new OctetCollector(largestMessage),
      utf8: new Utf8Validator(),
    };
  }

  /** Text that is not UTF-8 fails at its first bad octet (section 8.1), compressed text once it is whole. */
  #judgePart(head: FrameHead, part: Buffer): void {
    const message = this.#message;
    if (!message || message.type !== opcode.text || message.compressed || this.#closing) return;
    if (head.opcode >= 3 || this.#faults.active('bad-utf-8-is-accepted')) return;
    if (this.#faults.active('utf-8-is-judged-at-the-end')) return;
    if (!message.utf8.write(part)) this.#fail({ code: 1007, why: 'this text is not UTF-8' });
  }

  /** Frames are put together as they come; what is answered to them waits its turn. */
  #take(frame: Frame): void {
    if (this.#closing && !this.#readsOn(frame)) return;
    if (isControl(frame.opcode)) return this.#inOrder(() => this.#control(frame));
    if (frame.opcode > opcode.binary) return;
    const message = this.#message;
    // Only with a fault on: a continuation that continues nothing is echoed as it is.
    if (!message) return this.#inOrder(() => this.#echo(opcode.binary, frame.payload, false));
    if (message.octets.length + frame.payload.length > largestMessage) return this.#refuseSize();
    if (this.#faults.active('fragments-are-echoed-alone'))
      return this.#inOrder(() => this.#echo(message.type, frame.payload, false));
    const whole = wholeOf(message, frame);
    if (!whole) return;
    this.#message = undefined;
    this.#inOrder(() => this.#answer(message, whole));
    for (const ping of this.#held.splice(0)) this.#inOrder(() => this.#control(ping));
  }

  /** Only with a fault on: what comes after the server's close frame is not passed over. */
  #readsOn({ opcode: code }: Frame): boolean {
    if (code === opcode.ping) return this.#faults.active('pings-are-answered-after-failing');
    return !isControl(code) && this.#faults.active('data-is-echoed-after-close');
  }

  #refuseSize(): void {
    if (this.#faults.active('large-messages-end-the-server')) this.#endServer();
    else this.#fail({ code: 1009, why: 'the message is too large' });
  }

  #answer(message: MessageBegun, whole: Buffer): void | Promise<void> {
    const inflate = message.compressed || this.#faults.active('uncompressed-messages-are-inflated');
    if (inflate && this.#compression) return this.#inflateAndEcho(message.type, whole, this.#compression);
    if (
      message.type === opcode.text &&
      !(this.#faults.active('utf-8-is-judged-at-the-end') ? isUtf8(whole) : message.utf8.complete) &&
      !this.#faults.active('bad-utf-8-is-accepted')
    )
      return this.#fail({ code: 1007, why: 'this text ends inside a character' });
    return this.#echo(message.type, whole, false);
  }

  async #inflateAndEcho(type: number, whole: Buffer, compression: EchoCompression): Promise<void> {
    const inflated = await compression.inflate(whole);
    if (this.#socket.destroyed || this.#closing) return;
    if (!Buffer.isBuffer(inflated)) {
      if (inflated.code === 1009) this.#refuseSize();
      else if (!this.#faults.active('bad-deflate-is-accepted')) this.#fail(inflated);
      return;
    }
    if (type === opcode.text && !isUtf8(inflated) && !this.#faults.active('bad-utf-8-is-accepted'))
      return this.#fail({ code: 1007, why: 'this text is not UTF-8' });
    return this.#echo(type, inflated, true);
  }

  #echo(type: number, payload: Buffer, compressed: boolean): void | Promise<void> {
    const active = (name: string) => this.#faults.active(name);
    if (type === opcode.text && active('good-utf-8-is-refused') && payload.some((octet) => octet > 0x7f))
      return this.#fail({ code: 1007, why: 'this text is not ASCII' });
    let echoed = payload;
    const changes = active('echo-is-changed') || (this.#isOverHttp2 && active('echo-is-changed-over-http2'));
    if (changes && payload.length > 0)
      echoed = Buffer.concat([Buffer.from([payload[0] === 0x58 ? 0x59 : 0x58]), payload.subarray(1)]);
    if (active('echo-is-cut')) echoed = payload.subarray(0, -1);
    const shown = active('text-is-echoed-as-binary') ? opcode.binary : type;
    if (active('reserved-opcodes-are-sent')) this.#send({ opcode: 3, payload: Buffer.alloc(0) });
    const times = active('echo-is-doubled') ? 2 : 1;
    if (compressed && this.#compression) return this.#echoCompressed(shown, echoed, times, this.#compression);
    for (let n = 0; n < times; n++) this.#send({ opcode: shown, payload: echoed });
  }

  async #echoCompressed(
    type: number,
    payload: Buffer,
    times: number,
    compression: EchoCompression,
  ): Promise<void> {
    for (let n = 0; n < times; n++) {
      const octets = await compression.deflate(payload);
      this.#send({ opcode: type, payload: octets, rsv1: !this.#faults.active('rsv1-is-not-set') });
    }
  }

  #control(frame: Frame): void {
    const { payload } = frame;
    if (frame.opcode === opcode.close) return this.#answerClose(payload);
    if (frame.opcode === opcode.pong) {
      if (this.#faults.active('pongs-are-answered')) this.#send({ opcode: opcode.pong, payload });
      return;
    }
    if (this.#message && this.#faults.active('pings-inside-messages-break-them'))
      this.#message.octets.replaceBy(Buffer.from('?'));
    if (this.#faults.active('pings-go-unanswered')) return;
    if (this.#message && this.#faults.active('pings-wait-for-the-message'))
      return void this.#held.push(frame);
    const data = this.#faults.active('pongs-are-empty') ? Buffer.alloc(0) : payload;
    this.#send({
      opcode: opcode.pong,
      payload: data,
      fin: !this.#faults.active('fragmented-pongs-are-sent'),
      rsv1: this.#compression !== undefined && this.#faults.active('pongs-have-rsv1'),
    });
  }

  /** RFC 6455 section 5.5.1: a close frame is answered with its code, then TCP is ended. */
  #answerClose(payload: Buffer): void {
    if (this.#faults.active('close-goes-unanswered')) return;
    const { code } = decodeClose(payload);
    const lax = this.#faults.active('bad-close-bodies-are-accepted');
    if (payload.length === 1 && !lax) return this.#fail({ code: 1002, why: 'a close body of one octet' });
    if (code !== undefined && !isDefined(code) && !this.#faults.active('bad-close-codes-are-accepted'))
      return this.#fail({ code: 1002, why: `the close code ${code} cannot be` });
    if (!isUtf8(payload.subarray(2)) && !lax)
      return this.#fail({ code: 1007, why: 'the reason is not UTF-8' });
    this.#close(this.#faults.active('close-is-answered-with-1002') ? 1002 : code);
  }

  #fail({ code, why }: Problem): void {
    if (this.#closing || this.#faults.active('goes-on-after-protocol-errors')) return;
    const readsOn = ['data-is-echoed-after-close', 'pings-are-answered-after-failing'];
    if (!readsOn.some((fault) => this.#faults.active(fault))) this.#frames?.stop();
    if (this.#faults.active('protocol-errors-end-tcp')) {
      this.#closing = true;
      this.#endHalf();
      return;
    }
    if (this.#faults.active('protocol-errors-close-with-1000')) this.#close(1000, why);
    else this.#close(this.#faults.active('protocol-errors-close-with-1010') ? 1010 : code, why);
  }

  #close(code: number | undefined, reason = ''): void {
    if (this.#closing) return;
    const shown = this.#faults.active('reserved-close-codes-are-sent') ? 1006 : code;
    const body = encodeClose({ ...(shown === undefined ? {} : { code: shown }), reason });
    const times = this.#faults.active('close-frames-are-doubled') ? 2 : 1;
    for (let n = 0; n < times; n++) this.#send({ opcode: opcode.close, payload: body });
    this.#closing = true;
    if (
      this.#faults.active('tcp-stays-open-after-close') ||
      this.#faults.active('data-is-echoed-after-close')
    )
      return;
    if (this.#faults.active('pings-are-answered-after-failing')) return this.#endAfterThisTurn();
    if (this.#faults.active('tcp-is-reset-after-close')) return this.#endAfterThisTurn('reset');
    // FIN first, while the rest is still read: an RST could overtake the close frame.
    this.#endHalf();
    this.#compression?.close();
  }

  #endAfterThisTurn(how: 'end' | 'reset' = 'end'): void {
    const turn = new Promise<void>((resolve) => setImmediate(resolve));
    void this.#ground.activity.during(turn).then(() => {
      if (how === 'reset') resetDuplex(this.#socket);
      else this.#endHalf();
    });
  }

  #send(frame: { opcode: number; payload: Buffer; fin?: boolean; rsv1?: boolean }): void {
    if (!this.#socket.writable) return;
    const control = isControl(frame.opcode);
    const long = this.#faults.active('long-lengths-are-sent') && !control;
    const spec = {
      ...frame,
      mask: this.#faults.active('own-frames-are-masked'),
      rsv3: this.#faults.active('reserved-bits-are-sent'),
      ...(long ? { length: { as: '64-bit' as const } } : {}),
    };
    if (frame.payload.length < large || spec.mask) this.#socket.write(encodeFrame(spec));
    else {
      // Without a mask the payload can be sent as it is.
      this.#socket.write(encodeFrameHead(spec));
      this.#socket.write(frame.payload);
    }
  }

  /** Does it now, or after what is being inflated or compressed. */
  #inOrder(step: () => void | Promise<void>): void {
    const result = this.#work ? this.#work.then(step) : step();
    if (!(result instanceof Promise)) return;
    const work = this.#ground.activity.during(result).catch(() => void this.#socket.destroy());
    const settled = work.finally(() => {
      if (this.#work === settled) this.#work = undefined;
    });
    this.#work = settled;
  }
}

/** The message, if this was its last frame. */
function wholeOf({ octets }: MessageBegun, { fin, payload }: Frame): Buffer | undefined {
  if (fin && octets.length === 0) return payload;
  octets.add(payload);
  return fin ? octets.take() : undefined;
}

function resetDuplex(socket: Duplex): void {
  // Node.js resets no connection below TLS: that one just breaks off, without the alert that should come first.
  if (socket instanceof TLSSocket) socket.destroy();
  else if (socket instanceof Socket) socket.resetAndDestroy();
  else if (socket instanceof Http2Stream) socket.reset('CANCEL');
}
