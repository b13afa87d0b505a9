// Makes the two files of fhir-profiles/base about codes that no write depends on: the bindings that R4 calls extensible or preferred,
// which $validate judges, and the R4 code systems and value sets with their displays, which the terminology operations read.
import type {
  CodeSystem,
  CodeSystemConcept,
  ElementDefinition,
  StructureDefinition,
  ValueSet,
} from '@medplum/fhirtypes';
import { type CodeList, expandValueSet } from '../src/fhir/validation/expand-value-set.ts';

type Terminology = readonly (ValueSet | CodeSystem)[];

const loose = new Set(['extensible', 'preferred']);
/** A Reference, Quantity or uri says nothing that a list of codes could judge. */
const judged = new Set(['code', 'Coding', 'CodeableConcept']);

/** HL7's own tables: FHIR's and, of the others, those that FHIR's value sets draw on. DICOM's and SNOMED's are not HL7's to pass on. */
const isHl7 = (url: string) => /^http:\/\/(hl7\.org\/fhir|terminology\.hl7\.org)\//.test(url);
/** Version 3 has whole paragraphs for definitions and hundreds of codes that FHIR never uses: displays alone. */
const isVersion3 = (url: string) => /\/CodeSystem\/v3-/.test(url);
/** Larger ones (licences, contract law, all acts of version 3) are left out whole: each is as large as dozens of FHIR's own. */
const mostLetters = 10_000;

function finder(terminology: Terminology) {
  const byUrl = new Map(
    terminology.map((resource) => [`${resource.resourceType} ${resource.url}`, resource]),
  );
  const valueSet = (url: string) => byUrl.get(`ValueSet ${url}`) as ValueSet | undefined;
  const codeSystem = (url: string) => byUrl.get(`CodeSystem ${url}`) as CodeSystem | undefined;
  return { valueSet, codeSystem, expand: (url: string) => expandValueSet(url, valueSet, codeSystem) };
}

/** `{"types": {type: {element: [strength, value set]}}, "codes": {value set: {system: [codes]}}}`, a type or value set a line. */
export function looseBindingsOf(
  definitions: readonly StructureDefinition[],
  isR4: (element: ElementDefinition) => boolean,
  terminology: Terminology,
): string {
  const { expand } = finder(terminology);
  const types = new Map<string, Record<string, readonly [string, string]>>();
  const codes = new Map<string, CodeList>();
  for (const definition of definitions) {
    for (const element of (definition.snapshot?.element ?? []).filter(isR4)) {
      const { binding, path } = element;
      const url = binding?.valueSet?.split('|')[0];
      if (
        !url ||
        !loose.has(binding?.strength ?? '') ||
        !element.type?.some(({ code }) => judged.has(code ?? ''))
      )
        continue;
      const steps = path.split('.');
      const name = (steps.pop() ?? '').replace('[x]', '');
      const type = steps.length === 1 ? path.split('.')[0] : steps.map(capitalised).join('');
      types.set(type ?? '', { ...types.get(type ?? ''), [name]: [binding?.strength ?? '', url] });
      const list = expand(url);
      if (list) codes.set(url, list);
    }
  }
  return `{"types": ${linesOf(types)}, "codes": ${linesOf(codes)}}\n`;
}

/** `{"codeSystems": {url: CodeSystem}, "valueSets": {url: ValueSet}}`: what R4 binds, as far as it can be listed from HL7's tables. */
export function r4TerminologyOf(
  definitions: readonly StructureDefinition[],
  terminology: Terminology,
): string {
  const { valueSet, codeSystem, expand } = finder(terminology);
  const valueSets = new Map<string, ValueSet>();
  const codeSystems = new Map<string, CodeSystem>();
  const isSmall = (system: string) => {
    const found = codeSystem(system);
    return (
      found?.content === 'complete' && isHl7(system) && JSON.stringify(trimmed(found)).length < mostLetters
    );
  };
  const visit = (url: string) => {
    const found = valueSet(url);
    if (!found || valueSets.has(url) || !expand(url)) return;
    const parts = [...(found.compose?.include ?? []), ...(found.compose?.exclude ?? [])];
    if (!parts.every(({ system }) => system === undefined || isSmall(system))) return;
    valueSets.set(url, trimmedSet(found));
    for (const part of parts) {
      const system = part.system === undefined ? undefined : codeSystem(part.system);
      if (system?.url) codeSystems.set(system.url, trimmed(system));
      for (const imported of part.valueSet ?? []) visit(imported.split('|')[0] ?? imported);
    }
  };
  for (const definition of definitions) {
    for (const { binding } of definition.snapshot?.element ?? []) {
      const url = binding?.valueSet?.split('|')[0];
      if (url && (binding?.strength === 'required' || loose.has(binding?.strength ?? ''))) visit(url);
    }
  }
  return `{"codeSystems": ${linesOf(codeSystems)}, "valueSets": ${linesOf(valueSets)}}\n`;
}

/** Without what src/content/base-terminology.ts adds: the type, the url, the status, and that the list is complete. */
function trimmed({ url, version, name, title, caseSensitive, concept }: CodeSystem): CodeSystem {
  const withText = !isVersion3(url ?? '');
  const concepts = concept?.map((each) => trimmedConcept(each, withText));
  const isAnyCase = caseSensitive === false ? false : undefined;
  return {
    version,
    name,
    title: titleOf(name, title),
    caseSensitive: isAnyCase,
    concept: concepts,
  } as CodeSystem;
}

function titleOf(name: string | undefined, title: string | undefined): string | undefined {
  return title === name ? undefined : title;
}

function trimmedConcept(each: CodeSystemConcept, withText: boolean): CodeSystemConcept {
  const { code, display, definition, designation, property, concept } = each;
  const inner = concept?.map((below) => trimmedConcept(below, withText));
  const text = withText && definition !== display ? { definition, designation } : { designation };
  return { code, display, ...(withText && text), property, concept: inner } as CodeSystemConcept;
}

function trimmedSet({ version, name, title, compose }: ValueSet): ValueSet {
  return { version, name, title: titleOf(name, title), compose } as ValueSet;
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** An object with its keys in order, one a line: small, and a difference can be read. */
function linesOf(map: ReadonlyMap<string, unknown>): string {
  const keys = [...map.keys()].sort();
  return `{\n${keys.map((key) => `${JSON.stringify(key)}: ${JSON.stringify(map.get(key))}`).join(',\n')}\n}`;
}
