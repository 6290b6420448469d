import { useEffect, useRef } from 'preact/hooks';
import type { Failure } from '../../record/record.schema.ts';
import { printable } from '../printable.ts';
import { Scroller } from './parts.tsx';

interface SourceProps {
  source: { line: number; text: string };
  step: Failure['step'];
  file: string;
  message: string | undefined;
}

/** The case as its file has it, with the line of the step that failed. */
export function Source({ source, step, file, message }: SourceProps) {
  const failing = step?.file === file ? step.line : undefined;
  const lines = source.text.replace(/\n$/, '').split('\n');
  const mark = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = mark.current?.parentElement;
    if (box && mark.current) box.scrollTop = mark.current.offsetTop - box.clientHeight / 2;
  }, []);
  return (
    <Scroller look="source" name="The case in YAML">
      {lines.map((line, index) => {
        const number = source.line + index;
        const fails = number === failing;
        return (
          <div key={number} class={`source-line${fails ? ' fails' : ''}`} ref={fails ? mark : null}>
            <span class="source-number" aria-hidden="true">
              {number}
            </span>
            <code style={{ '--indent': Math.min(line.search(/[^ ]|$/), 24) }}>
              <YamlLine line={line} />
            </code>
            {fails ? (
              <span class="source-failure">
                <span class="unseen">failed here: </span>
                {printable(message ?? 'failed here')}
              </span>
            ) : null}
          </div>
        );
      })}
    </Scroller>
  );
}

/** Keys and comments stand out a little; nothing else is coloured. */
function YamlLine({ line }: { line: string }) {
  const [, before = '', key = '', rest = ''] =
    /^(\s*(?:- )?)([\w{}#./@ -]+?:(?=\s|$))?([\s\S]*)$/.exec(line) ?? [];
  const isComment = key === '' && rest.trimStart().startsWith('#');
  return (
    <>
      {printable(before)}
      {key === '' ? null : <span class="y-key">{printable(key)}</span>}
      <span class={isComment ? 'y-comment' : undefined}>{printable(rest)}</span>
    </>
  );
}
