const expressions = new Map<string, RegExp>();

/**
 * Case ids are chosen by globs over their segments: `*` stands for one segment or a part of one, `**` for any
 * number of segments: `rfc6121/**`, `rfc*`+`/roster/*`, `**`+`/chat`.
 */
export function globToExpression(glob: string): RegExp {
  const known = expressions.get(glob);
  if (known) return known;
  const made = expressionOf(glob);
  expressions.set(glob, made);
  return made;
}

function expressionOf(glob: string): RegExp {
  const segments = glob.split('/').map((segment) => {
    if (segment === '**') return '**';
    return segment.replace(/[\\^$.+?()[\]{}|]/g, '\\$&').replaceAll('*', '[^/]*');
  });
  let source = '';
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    if (segment === '**') source += last ? '.*' : '(?:[^/]+/)*';
    else source += last ? segment : `${segment}/`;
  }
  // `rfc6121/roster` alone names the whole suite.
  return new RegExp(`^${source}(?:/.*)?$`);
}

/** Whether the glob can match an id that begins with these segments: `rfc6121/roster`. */
export function canMatchBelow(beginning: string, glob: string): boolean {
  const segments = glob.split('/');
  const known = beginning.split('/');
  for (const [index, segment] of segments.slice(0, known.length).entries()) {
    if (segment === '**') return true;
    if (!globToExpression(segment).test(known[index] ?? '')) return false;
  }
  return true;
}

export function matchesAny(id: string, globs: readonly string[]): boolean {
  return globs.some((glob) => globToExpression(glob).test(id));
}
