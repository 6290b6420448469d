/**
 * The small part of the metadata reflection proposal that `@peculiar/x509` needs through `tsyringe`. It must be
 * imported before them. Where a full implementation is loaded already, it is left alone.
 */
type Holder = object;
const metadata = new WeakMap<Holder, Map<unknown, unknown>>();

function getOwnMetadata(key: unknown, holder: Holder): unknown {
  return metadata.get(holder)?.get(key);
}

function getMetadata(key: unknown, holder: Holder): unknown {
  for (let at: Holder | null = holder; at !== null; at = Object.getPrototypeOf(at)) {
    const found = metadata.get(at);
    if (found?.has(key)) return found.get(key);
  }
  return undefined;
}

function defineMetadata(key: unknown, value: unknown, holder: Holder): void {
  const known = metadata.get(holder) ?? new Map();
  known.set(key, value);
  metadata.set(holder, known);
}

if (!('getMetadata' in Reflect)) Object.assign(Reflect, { getMetadata, getOwnMetadata, defineMetadata });
