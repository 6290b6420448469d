import { Document, type Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import type { CaseStep, ConvertedCase } from './convert.ts';
import type { Script } from './script.ts';

const schemaLine = ' yaml-language-server: $schema=https://unpkg.com/touchstone/src/suite/suite.schema.json';

/** A script with all that its suite file says. */
export interface Imported {
  script: Script;
  /** Where the script was read from, as a person would write it. */
  path: string;
  /** `muc-password` */
  id: string;
  /** What it covers: `prosody/muc-password`. */
  requirement: string;
  title: string;
  converted: ConvertedCase;
}

/** The suite file of one script: one case, what the script says in comments beside it. */
export function suiteText(imported: Imported, suite: string, specification: string): string {
  const { title, converted, id, requirement } = imported;
  const one = mapOf({
    id,
    title,
    covers: flow([requirement]),
    given: mapOf(Object.fromEntries(converted.given.map((actor) => [actor.name, stateOf(actor)]))),
    steps: stepsOf(imported),
  });
  const document = new Document(
    mapOf({
      suite,
      title,
      spec: specification,
      uses: 'xmpp',
      cases: listOf([one]),
    }),
  );
  document.commentBefore = headOf(imported).join('\n');
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

function headOf({ script, path, converted }: Imported): string[] {
  const lines = [schemaLine, ` Made of ${path} by \`touchstone import scansion\`.`];
  if (script.tags.length > 0) lines.push(` Tags: ${script.tags.join(', ')}`);
  const told = [...script.summary, ...script.characters.flatMap((character) => character.comments)];
  if (told.length > 0) lines.push('', ...told.map((line) => ` ${line}`));
  if (converted.remarks.length > 0) lines.push('', ...converted.remarks.map((remark) => ` Note: ${remark}`));
  if (converted.loss)
    lines.push(
      '',
      ` This is not the whole script: it ends before line ${converted.loss.from}, and says there why.`,
    );
  return lines.map(printableComment);
}

function stateOf({ state, resource, account }: ConvertedCase['given'][number]): unknown {
  if (resource === undefined && account === undefined) return state;
  return flow({
    state,
    ...(account === undefined ? {} : { account }),
    ...(resource === undefined ? {} : { resource }),
  });
}

function stepsOf({ script, converted }: Imported): YAMLSeq {
  const { steps, closing, loss } = converted;
  const list = listOf(steps.map(stepNode));
  const behind = closing.map((line) => ` ${line}`);
  if (loss) {
    behind.push(` Not carried over from here on. Line ${loss.line}: ${loss.reason}`);
    const left = script.source.lines.slice(loss.from - 1);
    behind.push(...left.map((line) => `   ${line}`));
  }
  if (behind.length > 0) list.comment = behind.map(printableComment).join('\n').trimEnd();
  return list;
}

function stepNode({ sentence, value, comments }: CaseStep, index: number): Node {
  const node: Node = value === undefined ? new Scalar(sentence) : mapOf({ [sentence]: xmlNode(value) });
  if (comments.length === 0) return node;
  node.commentBefore = comments.map((line) => printableComment(` ${line}`)).join('\n');
  if (index > 0) node.spaceBefore = true;
  return node;
}

/** XML of several lines stands below its sentence as it is. */
function xmlNode(xml: string): Scalar {
  if (!xml.includes('\n')) return new Scalar(xml);
  const node = new Scalar(`${xml}\n`);
  node.type = Scalar.BLOCK_LITERAL;
  return node;
}

function mapOf(entries: Readonly<Record<string, unknown>>): YAMLMap {
  const map = new YAMLMap();
  for (const [key, value] of Object.entries(entries))
    map.items.push(new Pair(new Scalar(key), nodeOf(value)));
  return map;
}

function listOf(nodes: readonly unknown[]): YAMLSeq {
  const list = new YAMLSeq();
  list.items = nodes.map(nodeOf);
  return list;
}

function flow(value: readonly string[] | Readonly<Record<string, string>>): YAMLMap | YAMLSeq {
  const node = Array.isArray(value) ? listOf(value) : mapOf(value as Record<string, string>);
  node.flow = true;
  return node;
}

function nodeOf(value: unknown): unknown {
  return value instanceof YAMLMap || value instanceof YAMLSeq || value instanceof Scalar
    ? value
    : new Scalar(value);
}

/** A comment of YAML ends with its line, and holds nothing that cannot be printed. A blank one is a line all the same. */
function printableComment(line: string): string {
  const printable = line
    .replaceAll('\t', '  ')
    .replace(/[\n\r\u0085\u2028\u2029]/g, ' ')
    .replace(/[^\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
  return printable.trimEnd() === '' ? ' ' : printable.trimEnd();
}
