/**
 * Case ids are chosen by globs over their segments: `*` stands for one segment or a part of one, `**` for any
 * number of segments: `rfc6121/**`, `rfc*`+`/roster/*`, `**`+`/chat`.
 */
export function globToExpression(glob: string): RegExp {
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

export function matchesAny(id: string, globs: readonly string[]): boolean {
  return globs.some((glob) => globToExpression(glob).test(id));
}
