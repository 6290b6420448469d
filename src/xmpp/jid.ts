/** The parts of an XMPP address (RFC 7622 section 3.1), as they are written: nothing is prepared or judged. */
export interface JidParts {
  local: string | undefined;
  domain: string;
  resource: string | undefined;
}

/** Cuts `local@domain/resource`: the resource begins after the first slash, the domain after the first `@` before it. */
export function splitJid(jid: string): JidParts {
  const slash = jid.indexOf('/');
  const bare = slash < 0 ? jid : jid.slice(0, slash);
  const at = bare.indexOf('@');
  return {
    local: at < 0 ? undefined : bare.slice(0, at),
    domain: bare.slice(at + 1),
    resource: slash < 0 ? undefined : jid.slice(slash + 1),
  };
}

export function joinJid({ local, domain, resource }: Partial<JidParts> & { domain: string }): string {
  const bare = local === undefined ? domain : `${local}@${domain}`;
  return resource === undefined ? bare : `${bare}/${resource}`;
}

/** The address without its resource. */
export function bareJid(jid: string): string {
  const slash = jid.indexOf('/');
  return slash < 0 ? jid : jid.slice(0, slash);
}

/** The bare address with a resource, whatever resource it had before. */
export function fullJid(jid: string, resource: string): string {
  return `${bareJid(jid)}/${resource}`;
}
