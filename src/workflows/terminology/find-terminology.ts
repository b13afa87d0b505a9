// Finds the code system, value set or concept maps that a terminology operation is about: published ones first, then stored ones.
import type { CodeSystem, ConceptMap, ExtractResource, ValueSet } from '@medplum/fhirtypes';
import { may } from '../../auth/permits.ts';
import { parseCanonical } from '../../fhir/canonical.ts';
import { businessRule, type FhirError, notFound } from '../../fhir/error.ts';
import { isNamedBy, type TermSource } from '../../terminology/term-source.ts';
import type { WorkflowContext } from '../context.ts';
import { findResources } from '../resources/find-resources.ts';
import { readKnown } from '../resources/read-known.ts';

type TermType = 'CodeSystem' | 'ValueSet' | 'ConceptMap';

/** `expression` is the place in the request. */
export type TermName<T> =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'canonical'; readonly canonical: string; readonly expression?: string }
  | { readonly kind: 'given'; readonly resource: T };

/** Throws FhirError 404, which says what is held. */
export async function findCodeSystem(
  context: WorkflowContext,
  name: TermName<CodeSystem>,
): Promise<CodeSystem> {
  if (name.kind === 'given') return name.resource;
  if (name.kind === 'id') return (await readKnown(context.store, 'CodeSystem', name.id)).resource();
  const found =
    context.catalogue.codeSystem(name.canonical) ?? (await stored(context, 'CodeSystem', name.canonical));
  if (!found) throw notHeld(context, 'CodeSystem', name.canonical, name.expression);
  return found;
}

/** With a source for its parts. Throws FhirError 404, which says what is held. */
export async function findValueSet(
  context: WorkflowContext,
  name: TermName<ValueSet>,
): Promise<{ readonly valueSet: ValueSet; readonly source: TermSource }> {
  const valueSet = await valueSetNamed(context, name);
  return { valueSet, source: await sourceFor(context, valueSet) };
}

async function valueSetNamed(context: WorkflowContext, name: TermName<ValueSet>): Promise<ValueSet> {
  if (name.kind === 'given') return name.resource;
  if (name.kind === 'id') return (await readKnown(context.store, 'ValueSet', name.id)).resource();
  const found =
    context.catalogue.valueSet(name.canonical) ?? (await stored(context, 'ValueSet', name.canonical));
  if (!found) throw notHeld(context, 'ValueSet', name.canonical, name.expression);
  return found;
}

/** The newest of the version asked for. Throws FhirError 404. */
export async function findConceptMap(
  context: WorkflowContext,
  name: TermName<ConceptMap>,
): Promise<ConceptMap> {
  if (name.kind === 'given') return name.resource;
  if (name.kind === 'id') return (await readKnown(context.store, 'ConceptMap', name.id)).resource();
  const found = await conceptMapOf(context, name.canonical);
  if (!found) throw notFound(`ConceptMap ${shown(name.canonical)} is not held here`, name.expression);
  return found;
}

/** Undefined for a map that is not held. */
export function conceptMapOf(context: WorkflowContext, canonical: string): Promise<ConceptMap | undefined> {
  return stored(context, 'ConceptMap', canonical);
}

/** Every map that translates from (or, reversed, to) one of these systems. What is published is stored too. */
export function findConceptMapsFor(
  { store }: WorkflowContext,
  systems: readonly string[],
  isReverse: boolean,
): Promise<readonly ConceptMap[]> {
  const parameter = isReverse ? 'target-system' : 'source-system';
  return findResources(store, 'ConceptMap', [{ parameter, test: { kind: 'uri', values: systems } }]);
}

/** A request may bring a value set that names thousands of others. */
const mostLookUps = 50;

/** The catalogue, and of what is stored as much as the value set leads to. */
async function sourceFor({ catalogue, ...context }: WorkflowContext, root: ValueSet): Promise<TermSource> {
  const codeSystems: CodeSystem[] = [];
  const valueSets: ValueSet[] = [];
  const seen = new Set<string>();
  const toVisit = [root];
  const isNew = (type: TermType, canonical: string) => {
    const key = `${type} ${canonical}`;
    if (seen.has(key)) return false;
    if (seen.size >= mostLookUps) {
      throw businessRule(`More than ${mostLookUps} of the parts of this value set are not published here`);
    }
    seen.add(key);
    return true;
  };
  for (let valueSet = toVisit.pop(); valueSet; valueSet = toVisit.pop()) {
    for (const part of [...(valueSet.compose?.include ?? []), ...(valueSet.compose?.exclude ?? [])]) {
      const { system, version } = part;
      const named = version === undefined ? system : `${system}|${version}`;
      if (named !== undefined && !catalogue.codeSystem(named) && isNew('CodeSystem', named)) {
        const found = await stored(context, 'CodeSystem', named);
        // What no version is named of comes first where only the url is asked for.
        if (found && version === undefined) codeSystems.unshift(found);
        else if (found) codeSystems.push(found);
      }
      for (const canonical of part.valueSet ?? []) {
        // What is published is whole by itself.
        if (catalogue.valueSet(canonical) || !isNew('ValueSet', canonical)) continue;
        const imported = await stored(context, 'ValueSet', canonical);
        if (!imported) continue;
        if (canonical.includes('|')) valueSets.push(imported);
        else valueSets.unshift(imported);
        toVisit.push(imported);
      }
    }
  }
  return {
    codeSystem: (canonical) =>
      catalogue.codeSystem(canonical) ?? codeSystems.find((each) => isNamedBy(each, canonical)),
    valueSet: (canonical) =>
      catalogue.valueSet(canonical) ?? valueSets.find((each) => isNamedBy(each, canonical)),
  };
}

/** The one written last; undefined too for whoever may not search this type. */
async function stored<K extends TermType>(
  { store, actor }: Pick<WorkflowContext, 'store' | 'actor'>,
  type: K,
  canonical: string,
): Promise<ExtractResource<K> | undefined> {
  if (!may(actor, type, 'search')) return undefined;
  const { url } = parseCanonical(canonical);
  const found = await findResources(
    store,
    type,
    [{ parameter: 'url', test: { kind: 'uri', values: [url] } }],
    [{ parameter: '_lastUpdated', descending: true }],
  );
  return found.find((each) => isNamedBy(each, canonical));
}

function notHeld(
  { catalogue }: WorkflowContext,
  type: 'CodeSystem' | 'ValueSet',
  canonical: string,
  expression: string | undefined,
): FhirError {
  const { ours, ofR4 } = catalogue.heldUrls(type);
  return notFound(
    `${type} ${shown(canonical)} is not held here. Held are ${ours.join(', ')}, and ${ofR4} of R4 under http://hl7.org/fhir/ and http://terminology.hl7.org/`,
    expression,
  );
}

function shown(canonical: string): string {
  return canonical.slice(0, 200).toWellFormed();
}
