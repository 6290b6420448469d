import { escapeXml } from './element.ts';
import { namespaces } from './namespaces.ts';

export interface StreamOptions {
  to?: string | undefined;
  from?: string | undefined;
  /** Default `1.0`; `null` leaves the attribute out. */
  version?: string | null | undefined;
  lang?: string | undefined;
  /** Further attributes, namespace declarations among them; they win over the above. */
  attributes?: Record<string, string> | undefined;
  /** Is written instead of everything else. */
  raw?: string | undefined;
}

/** A stream header as RFC 6120 section 4.7 has it. */
export function streamHeader(options: StreamOptions): string {
  const declarations = { xmlns: namespaces.client, 'xmlns:stream': namespaces.stream };
  return `<?xml version='1.0'?><stream:stream${written({ ...headerAttributes(options), ...declarations, ...options.attributes })}>`;
}

/** An `<open/>` as RFC 7395 section 3.4 has it. */
export function openFrame(options: StreamOptions): string {
  return `<open${written({ xmlns: namespaces.framing, ...headerAttributes(options), ...options.attributes })}/>`;
}

function headerAttributes({ to, from, version, lang }: StreamOptions): Record<string, string | undefined> {
  return { from, to, version: version === null ? undefined : (version ?? '1.0'), 'xml:lang': lang };
}

function written(attributes: Record<string, string | undefined>): string {
  return Object.entries(attributes)
    .map(([name, value]) => (value === undefined ? '' : ` ${name}='${escapeXml(value)}'`))
    .join('');
}
