// Invariants of R4 types that are written out here instead of evaluated as FHIRPath: those that @medplum/core skips (org-1) or gets
// wrong (obs-7, que-2), and those that compare everything with everything, which a hostile resource could make take minutes.
import type { JsonObject } from '../json-object.ts';
import { hasChoice } from './element-tests.ts';

interface WrittenRule {
  readonly key: string;
  readonly description: string;
  holds(value: JsonObject): boolean;
}

const hasValue = hasChoice('value');

/** By type; keys and words as in https://hl7.org/fhir/R4/. */
const rules: Readonly<Record<string, readonly WrittenRule[]>> = {
  Bundle: [
    {
      key: 'bdl-7',
      description:
        'FullUrl must be unique in a bundle, or else entries with the same fullUrl must have different meta.versionId (except in history bundles)',
      holds: (bundle) =>
        bundle['type'] === 'history' ||
        areDistinct(
          at(bundle, 'entry').flatMap((entry) =>
            at(entry, 'fullUrl').map((url) =>
              JSON.stringify([url, at(entry, 'resource', 'meta', 'versionId')]),
            ),
          ),
        ),
    },
  ],
  CapabilityStatement: [
    {
      key: 'cpb-7',
      description: 'The set of documents must be unique by the combination of profile and mode.',
      holds: (statement) =>
        areDistinct(
          at(statement, 'document').map((each) => JSON.stringify([at(each, 'profile'), at(each, 'mode')])),
        ),
    },
    {
      key: 'cpb-9',
      description: 'A given resource can only be described once per RESTful mode.',
      holds: (statement) => at(statement, 'rest').every((rest) => areDistinct(at(rest, 'resource', 'type'))),
    },
    {
      key: 'cpb-12',
      description: 'Search parameter names must be unique in the context of a resource.',
      holds: (statement) =>
        at(statement, 'rest', 'resource').every((resource) =>
          areDistinct(at(resource, 'searchParam', 'name')),
        ),
    },
  ],
  CodeSystem: [
    {
      key: 'csd-1',
      description: 'Within a code system definition, all the codes SHALL be unique',
      holds: (system) => areDistinct(nested(system, 'concept', 'code')),
    },
  ],
  Extension: [
    {
      key: 'ext-1',
      description: 'Must have either extensions or value[x], not both',
      holds: (extension) => hasValue(extension) !== (extension['extension'] !== undefined),
    },
  ],
  ImplementationGuide: [
    {
      key: 'ig-1',
      description:
        'If a resource has a groupingId, it must refer to a grouping defined in the Implementation Guide',
      holds: (guide) =>
        isWithin(
          at(guide, 'definition', 'resource', 'groupingId'),
          at(guide, 'definition', 'grouping', 'id'),
        ),
    },
    {
      key: 'ig-2',
      description:
        'If a resource has a fhirVersion, it must be oe of the versions defined for the Implementation Guide',
      holds: (guide) =>
        isWithin(at(guide, 'definition', 'resource', 'fhirVersion'), at(guide, 'fhirVersion')),
    },
  ],
  NamingSystem: [
    {
      key: 'nsd-2',
      description: "Can't have more than one preferred identifier for a type",
      holds: (system) =>
        areDistinct(
          at(system, 'uniqueId')
            .filter((each) => at(each, 'preferred')[0] === true)
            .flatMap((each) => at(each, 'type')),
        ),
    },
  ],
  Observation: [
    {
      key: 'obs-7',
      description:
        'If Observation.code is the same as an Observation.component.code then the value element associated with the code SHALL NOT be present',
      holds: (observation) => {
        if (observation['component'] === undefined || !hasValue(observation)) return true;
        const own = new Set(at(observation, 'code', 'coding').map(sameCoding));
        return !at(observation, 'component', 'code', 'coding')
          .map(sameCoding)
          .some((coding) => own.has(coding));
      },
    },
  ],
  Organization: [
    {
      key: 'org-1',
      description: 'The organization SHALL at least have a name or an identifier, and possibly more than one',
      holds: (organization) =>
        [...at(organization, 'name'), ...at(organization, '_name'), ...at(organization, 'identifier')]
          .length > 0,
    },
  ],
  Questionnaire: [
    {
      key: 'que-2',
      description: 'The link ids for groups and questions must be unique within the questionnaire',
      holds: (questionnaire) => areDistinct(nested(questionnaire, 'item', 'linkId')),
    },
  ],
  StructureDefinition: [
    {
      key: 'sdf-1',
      description: 'Element paths must be unique unless the structure is a constraint',
      holds: (definition) =>
        definition['derivation'] === 'constraint' ||
        areDistinct(at(definition, 'snapshot', 'element', 'path')),
    },
    {
      key: 'sdf-8',
      description:
        "All snapshot elements must start with the StructureDefinition's specified type for non-logical models, or with the same type name for logical models",
      holds: (definition) => {
        const [first, ...rest] = at(definition, 'snapshot', 'element', 'path').map(String);
        if (first === undefined) return true;
        const begins = definition['kind'] === 'logical' || first === definition['type'];
        return begins && rest.every((path) => path.startsWith(`${first}.`));
      },
    },
    {
      key: 'sdf-8a',
      description:
        "In any differential, all the elements must start with the StructureDefinition's specified type for non-logical models, or with the same type name for logical models",
      holds: (definition) => {
        const [first, ...rest] = at(definition, 'differential', 'element', 'path').map(String);
        if (first === undefined) return true;
        const begins = definition['kind'] === 'logical' || first.startsWith(String(definition['type']));
        return begins && rest.every((path) => path.startsWith(`${first.split('.')[0]}.`));
      },
    },
    {
      key: 'sdf-16',
      description: 'All element definitions must have unique ids (snapshot)',
      holds: (definition) => haveOwnIds(at(definition, 'snapshot', 'element')),
    },
    {
      key: 'sdf-17',
      description: 'All element definitions must have unique ids (diff)',
      holds: (definition) => haveOwnIds(at(definition, 'differential', 'element')),
    },
  ],
};

/** The invariant keys that this file answers for; the vendored definitions leave them out. */
export const rulesInCode: readonly string[] = Object.values(rules).flatMap((list) =>
  list.map((rule) => rule.key),
);

export function resourceRules(type: string): readonly WrittenRule[] {
  return rules[type] ?? [];
}

/** All values at a path, arrays flattened; what is missing is left out. */
function at(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const [key, ...rest] = path;
  if (key === undefined) return [value];
  if (typeof value !== 'object' || value === null) return [];
  const member: unknown = Object.getOwnPropertyDescriptor(value, key)?.value;
  if (member === undefined) return [];
  return Array.isArray(member) ? member.flatMap((item) => at(item, ...rest)) : at(member, ...rest);
}

/** The values of a key in a tree of items in items, from every level. */
function nested(value: unknown, branch: string, key: string): readonly unknown[] {
  return at(value, branch).flatMap((item) => [...at(item, key), ...nested(item, branch, key)]);
}

function areDistinct(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}

function isWithin(values: readonly unknown[], allowed: readonly unknown[]): boolean {
  const set = new Set(allowed);
  return values.every((value) => set.has(value));
}

function haveOwnIds(elements: readonly unknown[]): boolean {
  const ids = elements.flatMap((element) => at(element, 'id'));
  return ids.length === elements.length && areDistinct(ids);
}

function sameCoding(coding: unknown): string {
  return JSON.stringify(['system', 'version', 'code', 'display'].map((key) => at(coding, key)[0]));
}
