import { useEffect, useRef } from 'preact/hooks';

interface Actions {
  search(): void;
  step(by: number): void;
  open(): void;
  back(): void;
  help(): void;
}

/** Listens to the keyboard, but not where text is written. */
export function useKeys(actions: Actions): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target instanceof HTMLElement ? event.target : undefined;
      if (target?.matches('input, textarea, select')) leave(event.key, latest.current, target);
      else if (act(event.key, latest.current, target)) event.preventDefault();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
}

/** Where text is written, only Escape and Enter lead out of it. */
function leave(key: string, actions: Actions, target: HTMLElement): void {
  if (key === 'Escape') target.blur();
  else if (key === 'Enter' && target.matches('[type=search]')) actions.open();
}

/** True where the key means something here. */
function act(key: string, actions: Actions, target: HTMLElement | undefined): boolean {
  if (key === '/') actions.search();
  else if (key === 'j') actions.step(1);
  else if (key === 'k') actions.step(-1);
  else if (key === 'Escape') actions.back();
  else if (key === '?') actions.help();
  // A link or a button that has the focus keeps its own meaning.
  else if (key === 'Enter' && !target?.closest('a, button, summary')) actions.open();
  else return false;
  return true;
}

const keys: readonly (readonly [string, string])[] = [
  ['/', 'write into the filter'],
  ['j', 'next case'],
  ['k', 'case before'],
  ['Enter', 'open the case'],
  ['Esc', 'back to the overview'],
  ['?', 'this list'],
];

export function Help({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog class="help" ref={dialog} aria-labelledby="help-title" onClose={onClose}>
      <h2 id="help-title">Keys</h2>
      <dl>
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <button type="button" class="button" onClick={onClose}>
        Close
      </button>
    </dialog>
  );
}
