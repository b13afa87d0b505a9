// Changes a resource in places that a number chooses: something is left out, doubled, replaced or renamed.
import { hostileJson } from './hostile-values.ts';

export interface Mutation {
  readonly place: number;
  readonly kind: 'remove' | 'replace' | 'double' | 'rename' | 'wrap';
  readonly value: number;
}

type Holder = Record<string, unknown>;

/** Every object and array member below a value, in order. */
function membersOf(value: unknown, found: { holder: Holder; key: string }[] = []) {
  if (typeof value !== 'object' || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push({ holder: value as Holder, key });
    membersOf((value as Holder)[key], found);
  }
  return found;
}

/** A changed copy; the original stays as it is. */
export function mutated(resource: unknown, mutations: readonly Mutation[]): unknown {
  const copy = structuredClone(resource);
  for (const { place, kind, value } of mutations) {
    const members = membersOf(copy);
    const chosen = members[place % Math.max(members.length, 1)];
    if (chosen)
      change(chosen.holder, chosen.key, kind, structuredClone(hostileJson[value % hostileJson.length]));
  }
  return copy;
}

function change(holder: Holder, key: string, kind: Mutation['kind'], value: unknown): void {
  const old = holder[key];
  switch (kind) {
    case 'remove':
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
      break;
    case 'replace':
      holder[key] = value;
      break;
    case 'double':
      holder[key] = [old, old];
      break;
    case 'rename':
      if (!Array.isArray(holder)) holder[`${key}x`] = old;
      break;
    case 'wrap':
      holder[key] = { [key]: old };
      break;
  }
}
