// Makes the snapshot of a profile from its differential: https://hl7.org/fhir/R4/profiling.html#snapshot
// Kept of HL7's elements is what says how often an element occurs, of what type and with which codes, and what it means; invariants of
// the base type, examples and mappings hold as they stand there and are not repeated.
import type { ElementDefinition, StructureDefinition } from '@medplum/fhirtypes';

/** Finds a definition of HL7's by its name or its url. Throws when there is none. */
export type DefinitionSource = (nameOrUrl: string) => StructureDefinition;

/** Throws an Error that names the element when the differential does not fit its base. */
export function snapshotOf(
  profile: StructureDefinition,
  definitionOf: DefinitionSource,
): ElementDefinition[] {
  const base = definitionOf(profile.baseDefinition ?? '');
  const elements = elementsOf(base).map(kept);
  for (const change of profile.differential?.element ?? []) {
    const id = change.id ?? '';
    const at = elements.findIndex((element) => element.id === id);
    if (at >= 0) elements[at] = changed(elements[at], change);
    else if (change.sliceName !== undefined && id.endsWith(`:${change.sliceName}`)) addSlice(id, change);
    else addChild(id, change);
  }
  return elements;

  function addSlice(id: string, change: ElementDefinition): void {
    const slicedId = id.slice(0, id.lastIndexOf(':'));
    const sliced = elementWith(slicedId);
    const { slicing: _slicing, ...whole } = sliced;
    const last = elements.findLastIndex(
      ({ id: other = '' }) =>
        other === slicedId || other.startsWith(`${slicedId}.`) || other.startsWith(`${slicedId}:`),
    );
    // A slice may be left out although its whole may not, until it says otherwise.
    elements.splice(last + 1, 0, changed({ ...whole, min: 0, id }, change));
  }

  function addChild(id: string, change: ElementDefinition): void {
    const element = elementWith(id);
    elements[elements.indexOf(element)] = changed(element, change);
  }

  /** The element with this id, its siblings unfolded from their type when nothing has named them yet. */
  function elementWith(id: string): ElementDefinition {
    const found = elements.find((element) => element.id === id);
    if (found) return found;
    const dot = id.lastIndexOf('.');
    if (dot < 0) throw new Error(`${profile.id}: its base has no element ${id}`);
    const parent = elementWith(id.slice(0, dot));
    if (!elements.some((element) => element.id?.startsWith(`${parent.id}.`))) unfold(parent);
    const child = elements.find((element) => element.id === id);
    if (!child) throw new Error(`${profile.id}: its base has no element ${id}`);
    return child;
  }

  /** Puts the children of an element behind it: those of the element that it is a slice of, or those of its type. */
  function unfold(parent: ElementDefinition): void {
    const slicedId = parent.id?.replace(/:[^.:]+$/, '') ?? '';
    const ofWhole = slicedId === parent.id ? [] : elements.filter(({ id }) => isPlainBelow(id, slicedId));
    const [type, ...others] = parent.type ?? [];
    if (ofWhole.length === 0 && (!type || others.length > 0)) {
      throw new Error(`${profile.id}: ${parent.id} has not one type whose parts could be named`);
    }
    const children =
      ofWhole.length > 0
        ? ofWhole
        : elementsOf(definitionOf(type?.code ?? ''))
            .slice(1)
            .map(kept);
    const from = ofWhole.length > 0 ? slicedId : (type?.code ?? '');
    elements.splice(
      elements.indexOf(parent) + 1,
      0,
      ...children.map((child) => ({
        ...child,
        id: `${parent.id}${child.id?.slice(from.length)}`,
        path: `${parent.path}${child.path.slice(child.path.length - (child.id?.length ?? 0) + from.length)}`,
      })),
    );
  }
}

/** Below the element and not within a slice of it. */
function isPlainBelow(id: string | undefined, above: string): boolean {
  return id?.startsWith(`${above}.`) === true && !id.slice(above.length).includes(':');
}

function elementsOf({ id, snapshot }: StructureDefinition): readonly ElementDefinition[] {
  if (!snapshot) throw new Error(`${id} has no snapshot`);
  return snapshot.element;
}

function kept(element: ElementDefinition): ElementDefinition {
  const { binding } = element;
  const all = {
    id: element.id,
    path: element.path,
    representation: element.representation,
    sliceName: element.sliceName,
    slicing: element.slicing,
    short: element.short,
    definition: element.definition,
    min: element.min,
    max: element.max,
    base: element.base ?? { path: element.path, min: element.min ?? 0, max: element.max ?? '*' },
    contentReference: element.contentReference,
    type: element.type,
    isModifier: element.isModifier || undefined,
    isModifierReason: element.isModifierReason,
    binding: binding && {
      strength: binding.strength,
      // Of a binding without a value set the description is all that there is (sdf-10).
      ...(binding.valueSet ? { valueSet: binding.valueSet } : { description: binding.description }),
    },
  };
  return withoutUndefined(all);
}

function changed(element: ElementDefinition | undefined, change: ElementDefinition): ElementDefinition {
  return withoutUndefined({ ...element, ...change, base: element?.base });
}

function withoutUndefined(element: ElementDefinition): ElementDefinition {
  return Object.fromEntries(
    Object.entries(element).filter(([, value]) => value !== undefined),
  ) as unknown as ElementDefinition;
}
