// Whether references point to what their element allows, and contained resources are pointed to.
// https://hl7.org/fhir/R4/references.html (invariants ref-1 and dom-3)
import { isObject, type JsonObject } from '../json-object.ts';

/** One resource with its contained ones: local references resolve inside it. */
export interface Scope {
  readonly type: string;
  readonly resource: JsonObject;
  readonly contained: readonly JsonObject[];
  /** Their types by id; undefined when there are none. */
  readonly containedTypes: ReadonlyMap<string, string> | undefined;
  /** Ids that a local reference, canonical, uri or url has named so far, filled during the walk; undefined when nothing is contained. */
  readonly localTargets: Set<string> | undefined;
}

export interface ReferenceFault {
  readonly code: 'structure' | 'invariant';
  readonly what: string;
}

/** A relative reference, with or without a version, or a conditional one (`Patient?identifier=x`). */
const relative = /^([A-Z][A-Za-z]*)(?:\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$|\?)/;

const nothing: readonly JsonObject[] = [];

export function scopeOf(type: string, resource: JsonObject): Scope {
  if (!Array.isArray(resource['contained'])) {
    return { type, resource, contained: nothing, containedTypes: undefined, localTargets: undefined };
  }
  const contained = resource['contained'].filter(isObject);
  const types = contained.flatMap(({ id, resourceType }): [string, string][] =>
    typeof id === 'string' && typeof resourceType === 'string' ? [[id, resourceType]] : [],
  );
  return { type, resource, contained, containedTypes: new Map(types), localTargets: new Set() };
}

/** Absolute URLs and urn:uuid references say nothing of a type, so they are taken. */
export function referenceFault(
  reference: unknown,
  targets: ReadonlySet<string> | undefined,
  scope: Scope,
  isResourceType: (name: string) => boolean,
): ReferenceFault | undefined {
  if (typeof reference !== 'string') return undefined;
  const isLocal = reference.startsWith('#');
  const type = isLocal ? localType(reference, scope) : relative.exec(reference)?.[1];
  if (type === undefined) {
    const what = 'ref-1: SHALL have a contained resource if a local reference is provided';
    return isLocal ? { code: 'invariant', what } : undefined;
  }
  if (targets?.has(type)) return undefined;
  if (!isLocal && !isResourceType(type))
    return { code: 'structure', what: `R4 has no resource type ${type.slice(0, 64)}` };
  return (
    targets && {
      code: 'structure',
      what: `A reference to ${type} is not allowed here. Allowed: ${[...targets].join(', ')}`,
    }
  );
}

/** The places of the contained resources that break dom-3: nothing refers to them, and they do not refer to their container. */
export function unreferredPlaces({ contained, localTargets }: Scope): readonly number[] {
  if (contained.length === 0) return [];
  return contained.flatMap((each, place) => {
    const isNamed = typeof each['id'] === 'string' && localTargets?.has(each['id']);
    return isNamed || JSON.stringify(each).includes('"#"') ? [] : [place];
  });
}

function localType(reference: string, scope: Scope): string | undefined {
  return reference === '#' ? scope.type : scope.containedTypes?.get(reference.slice(1));
}
