import { type Mistake, nearest } from '../../target/mistake.ts';
import { Addresses } from './addresses.ts';
import { type Cast, castOf, type Player, playerOf } from './cast.ts';
import { NotCarried, type Rewriting, rewriteStanza } from './rewrite-stanza.ts';
import { attributesBelow, ScanError, type ScannedElement, type ScannedXml, scanXml } from './scan-xml.ts';
import { type Action, type Body, placeIn, type Script } from './script.ts';

/** A step of a case: a sentence, and perhaps what follows its colon. */
export interface CaseStep {
  sentence: string;
  value?: string;
  comments: string[];
}

/** What a script becomes. */
export interface ConvertedCase {
  given: { name: string; state: 'registered' | 'bound'; resource?: string; account?: string }[];
  steps: CaseStep[];
  /** What ends the case before its script ends. */
  loss: Loss | undefined;
  /** Comments behind the last step. */
  closing: string[];
  /** What is told of the script though nothing is missing. */
  remarks: string[];
}

export interface Loss {
  /** The first line that is not carried over, a comment perhaps. */
  from: number;
  line: number;
  column: number;
  reason: string;
}

export interface ConvertOptions {
  /** Any other stanza that comes before one that is waited for is a failure. */
  exact: boolean;
}

/** Makes a case of a script. What is wrong with its XML goes into `mistakes`. */
export function convert(script: Script, options: ConvertOptions, mistakes: Mistake[]): ConvertedCase {
  return new Converter(script, options, mistakes).convert();
}

const verbs = ['connects', 'disconnects', 'sends', 'receives'];

class Converter {
  readonly #script: Script;
  readonly #options: ConvertOptions;
  readonly #mistakes: Mistake[];
  readonly #cast: Cast;
  readonly #addresses: Addresses;
  readonly #captured = new Set<string>();
  /** The XML of each action that has some that can be read. */
  readonly #xml = new Map<Action, ScannedXml>();
  readonly #steps: CaseStep[] = [];
  /** Who is connected before the first step. */
  readonly #bound = new Set<Player>();
  readonly #connected = new Set<Player>();
  /** Who has disconnected, and is not connected again. */
  readonly #gone = new Set<Player>();
  /** Who has sent something since the server was last heard to have handled it. */
  readonly #unsettled = new Set<Player>();
  /** Who of them has sent it since anybody received anything. */
  readonly #unheard = new Set<Player>();
  readonly #remarks: string[] = [];
  /** Comments that wait for a step to stand before. */
  #comments: string[] = [];
  #settlings = 0;

  constructor(script: Script, options: ConvertOptions, mistakes: Mistake[]) {
    this.#script = script;
    this.#options = options;
    this.#mistakes = mistakes;
    this.#cast = castOf(script);
    this.#addresses = new Addresses(this.#cast);
  }

  convert(): ConvertedCase {
    for (const action of this.#script.actions) this.#readXml(action);
    for (const action of this.#script.actions) this.#learn(action);
    if (this.#script.actions.some((action) => this.#asksBack(action))) this.#restart();
    let loss: Loss | undefined;
    for (const [index, action] of this.#script.actions.entries()) {
      loss = this.#tryToAdd(action, (this.#script.actions[index - 1]?.lastLine ?? firstLine(action) - 1) + 1);
      if (loss) break;
    }
    if (this.#steps.length === 0 && !loss) this.#logInByStep();
    const closing = [...this.#comments, ...(loss ? [] : this.#script.closing)];
    return {
      closing,
      given: this.#given(),
      steps: this.#steps,
      loss,
      remarks: [...this.#cast.remarks, ...this.#addresses.remarks, ...this.#remarks],
    };
  }

  #readXml(action: Action): void {
    const { body, verb } = action;
    if (!body || !['sends', 'receives'].includes(verb) || isNothing(body)) return;
    // An apostrophe in a placeholder ends no value: it becomes another one, which takes no more room.
    body.text = body.text.replace(/\$\{[^{}\n]*\}/g, (placeholder) => placeholder.replaceAll("'", '’'));
    try {
      this.#xml.set(action, scanXml(body.text));
    } catch (error) {
      if (!(error instanceof ScanError)) throw error;
      const { line, column } = placeIn(body, error.offset);
      this.#mistakes.push(this.#script.source.mistake(line, column, error.message));
    }
  }

  /** What the stanzas that are sent tell of accounts, services and nodes has to be known before the first step. */
  #learn(action: Action): void {
    const [element] = this.#xml.get(action)?.elements ?? [];
    const text = action.body?.text ?? '';
    if (action.verb !== 'sends' || !element) return;
    const to = attributeOf(text, element, 'to');
    if (to === undefined) return;
    const namespaces = attributesBelow(element)
      .filter(({ name }) => name === 'xmlns')
      .map(({ valueStart, valueEnd }) => text.slice(valueStart, valueEnd));
    this.#addresses.learn(to, namespaces);
    for (const below of elementsBelow(element)) {
      const node = attributeOf(text, below, 'node');
      if (node !== undefined && ['create', 'publish'].includes(below.name))
        this.#addresses.learnNode(to, node);
    }
  }

  #tryToAdd(action: Action, from: number): Loss | undefined {
    try {
      this.#add(action);
      return undefined;
    } catch (error) {
      if (!(error instanceof NotCarried)) throw error;
      const { body, line, column } = action;
      const place = error.offset < 0 || !body ? { line, column } : placeIn(body, error.offset);
      return { from, ...place, reason: error.message };
    }
  }

  #add(action: Action): void {
    const { verb, comments, character } = action;
    const player = playerOf(this.#cast, action);
    if (!player)
      throw new NotCarried(this.#cast.out.get(character) ?? `${character.name} cannot be played`, -1);
    if (!verbs.includes(verb)) {
      const meant = nearest(verb, verbs);
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
      throw new NotCarried(`what it is to say that somebody ${verb.slice(0, 40)} is not known${hint}`, -1);
    }
    if (action.body && verb.endsWith('connects'))
      throw new NotCarried(`what follows ${verb} here is not known`, action.body.text.search(/\S/));
    const settling = verb === 'receives' ? [] : this.#settle(this.#unheard, player);
    if (verb === 'receives') this.#unheard.clear();
    const [first, ...others] = [...settling, ...this.#stepsOf(action, player)];
    this.#comments.push(...comments, ...this.#xmlComments(action));
    if (!first) return;
    const taken = this.#comments;
    this.#comments = [];
    this.#steps.push({ ...first, comments: taken }, ...others.map((one) => ({ ...one, comments: [] })));
  }

  /** A suite's XML has no comments, since XMPP has none: they stand before the step. */
  #xmlComments(action: Action): string[] {
    const text = action.body?.text ?? '';
    const comments = this.#xml.get(action)?.comments ?? [];
    return comments.flatMap(({ start, end }) =>
      text
        .slice(start + '<!--'.length, end - '-->'.length)
        .trim()
        .split(/\s*\n\s*/),
    );
  }

  #stepsOf(action: Action, player: Player): Omit<CaseStep, 'comments'>[] {
    switch (action.verb) {
      case 'connects':
        return this.#connects(player);
      case 'disconnects':
        return this.#disconnects(action, player);
      case 'sends':
        return this.#sends(action, player);
      case 'receives':
        return this.#receives(action, player);
      default:
        return [];
    }
  }

  #connects(player: Player): Omit<CaseStep, 'comments'>[] {
    this.#connected.add(player);
    this.#gone.delete(player);
    const isFirst = this.#steps.length === 0 && !this.#bound.has(player);
    if (!isFirst) return [{ sentence: `${player.name} logs in` }];
    this.#bound.add(player);
    return [];
  }

  /** Waits for the end of the stream too: whatever the server does because of it has begun then. */
  #disconnects(action: Action, player: Player): Omit<CaseStep, 'comments'>[] {
    if (!this.#connected.delete(player)) {
      this.#remarks.push(
        `line ${action.line}: ${action.character.name} is not connected, so nothing ends there`,
      );
      return [];
    }
    this.#gone.add(player);
    this.#unsettled.delete(player);
    this.#unheard.delete(player);
    return [{ sentence: `${player.name} closes` }, { sentence: `${player.name} is closed` }];
  }

  #sends(action: Action, player: Player): Omit<CaseStep, 'comments'>[] {
    // Whoever was connected and is so no more sends into nothing; Scansion does not mind.
    if (this.#gone.has(player)) {
      this.#remarks.push(
        `line ${action.line}: ${action.character.name} is not connected, so nothing is sent there`,
      );
      return [];
    }
    const value = this.#stanza(action, player, false);
    this.#unsettled.add(player);
    this.#unheard.add(player);
    return [{ sentence: `${player.name} sends`, value }];
  }

  #receives(action: Action, player: Player): Omit<CaseStep, 'comments'>[] {
    if (action.body && isNothing(action.body)) return this.#receivesNothing(action, player);
    const value = this.#stanza(action, player, true);
    const phrase = this.#options.exact ? 'receives next' : 'receives in turn';
    return [{ sentence: `${player.name} ${phrase}`, value }];
  }

  /**
   * Silence is proven by an answer that comes after it. What others have sent may still be on its way, so each of
   * them waits for an answer of its own first.
   */
  #receivesNothing(action: Action, player: Player): Omit<CaseStep, 'comments'>[] {
    this.#checkConnected(action, player);
    const settling = this.#settle(this.#unsettled, player);
    this.#unsettled.clear();
    return [
      ...settling,
      { sentence: `${player.name} sends sentinel to server` },
      { sentence: `${player.name} receives nothing before sentinel` },
    ];
  }

  /**
   * Lets all but one of these players wait for an answer: the server has handled all that they sent before. It reads each
   * connection on its own, so what one sends after another may otherwise come first.
   */
  #settle(from: ReadonlySet<Player>, player: Player): Omit<CaseStep, 'comments'>[] {
    const others = [...from].filter((other) => other !== player);
    return others.flatMap((other) => {
      this.#unheard.delete(other);
      this.#unsettled.delete(other);
      const id = `{#settled-${++this.#settlings}}`;
      return [
        {
          sentence: `${other.name} sends`,
          value: `<iq type='get' to='{domain}' id='${id}'><ping xmlns='urn:xmpp:ping'/></iq>`,
        },
        {
          sentence: `${other.name} receives`,
          value: `<iq type='{result|error}' from='{domain}' id='${id}'/>`,
        },
      ];
    });
  }

  #checkConnected(action: Action, player: Player): void {
    if (this.#connected.has(player)) return;
    const { source } = this.#script;
    const text = `${action.character.name} is not connected here`;
    this.#mistakes.push(source.mistake(action.line, action.column, text, 'an action `connects` comes first'));
  }

  /** What a server has learnt from one client it does not ask of another; Scansion plays each script on a new server. */
  #restart(): void {
    const why = 'The server asks a client only for what it has not learnt from another since it began.';
    this.#steps.push({ sentence: 'server restarts', comments: [why] });
  }

  /** The server asks the client for something: most likely what its entity capabilities stand for (XEP-0115). */
  #asksBack(action: Action): boolean {
    const [element] = this.#xml.get(action)?.elements ?? [];
    if (action.verb !== 'receives' || element?.name !== 'iq') return false;
    return attributeOf(action.body?.text ?? '', element, 'type') === 'get';
  }

  /** A script that only connects asks for just that. */
  #logInByStep(): void {
    for (const { name } of this.#bound) this.#steps.push({ sentence: `${name} logs in`, comments: [] });
    this.#bound.clear();
  }

  #stanza(action: Action, player: Player, expected: boolean): string {
    this.#checkConnected(action, player);
    const { body, verb, line, column } = action;
    const scanned = this.#xml.get(action);
    const [element, second] = scanned?.elements ?? [];
    if (!element || !scanned || !body) {
      const isSaid = body !== undefined && !scanned;
      const text = `there is nothing that ${action.character.name} ${verb}`;
      if (!isSaid) this.#mistakes.push(this.#script.source.mistake(line, column, text));
      return '';
    }
    if (second)
      throw new NotCarried(
        `<${second.name}> is a second element of what ${action.character.name} ${verb}; is a line missing before it?`,
        second.start,
      );
    const rewriting: Rewriting = {
      cast: this.#cast,
      addresses: this.#addresses,
      captured: this.#captured,
      expected,
    };
    return rewriteStanza(body.text, element, scanned.comments, rewriting);
  }

  #given(): ConvertedCase['given'] {
    return this.#cast.players.map((player) => ({
      name: player.name,
      state: this.#bound.has(player) ? ('bound' as const) : ('registered' as const),
      ...(player.resource === undefined ? {} : { resource: player.resource }),
      ...(player.shares === undefined ? {} : { account: player.shares.name }),
    }));
  }
}

/** The line of its comments, as far as they are known to stand right before it. */
function firstLine({ line, comments }: Action): number {
  return Math.max(1, line - comments.length);
}

/** `receives: nothing` */
function isNothing({ text }: Body): boolean {
  return text.trim() === 'nothing';
}

function attributeOf(text: string, element: ScannedElement, attribute: string): string | undefined {
  const found = element.attributes.find(({ name }) => name === attribute);
  return found && text.slice(found.valueStart, found.valueEnd);
}

function elementsBelow(element: ScannedElement): ScannedElement[] {
  return [element, ...element.elements.flatMap(elementsBelow)];
}
