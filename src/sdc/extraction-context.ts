// Where a Questionnaire says that a resource is to be made or changed, and of which type.
// https://hl7.org/fhir/uv/sdc/extraction.html#definition-based-extraction
import type { Expression, Extension, Questionnaire, QuestionnaireItem } from '@medplum/fhirtypes';
import { extensionOf, extensionsOf } from '../instruments/score-extensions.ts';
import { sdcExtension } from './sdc-extensions.ts';

export type ExtractionContext =
  | {
      readonly kind: 'context';
      readonly type: string;
      /** What finds the resource that is to be changed; without it one is made, or the form itself names its id. */
      readonly existing?: Expression;
    }
  | { readonly kind: 'unsupported'; readonly why: string };

const base = 'http://hl7.org/fhir/StructureDefinition/';
const typeName = /^[A-Z][A-Za-z]+$/;

export function extractionContexts(element: Questionnaire | QuestionnaireItem): readonly ExtractionContext[] {
  return [
    ...extensionsOf(element, sdcExtension.definitionExtract).map(fromDefinition),
    ...extensionsOf(element, sdcExtension.itemExtractionContext).map(fromItemContext),
  ];
}

const conditional = ['ifNoneMatch', 'ifModifiedSince', 'ifMatch', 'ifNoneExist'];

function fromDefinition(extension: Extension): ExtractionContext {
  const part = extensionOf(extension, 'definition');
  const canonical = part?.valueCanonical ?? part?.valueUri ?? extension.valueCanonical ?? '';
  const type = canonical.startsWith(base) ? canonical.slice(base.length).split('|')[0] : undefined;
  if (!type || !typeName.test(type)) {
    return { kind: 'unsupported', why: 'only a type of R4 is built, not a profile' };
  }
  const condition = extension.extension?.find(({ url }) => conditional.includes(url));
  // Left out in silence, a condition would make a second copy of what is there.
  if (condition) return { kind: 'unsupported', why: `the condition ${condition.url} is not supported` };
  return { kind: 'context', type };
}

/** A type alone makes a resource; a query or a path finds the one that is changed. */
function fromItemContext({ valueCode, valueExpression }: Extension): ExtractionContext {
  const text = valueCode ?? valueExpression?.expression ?? '';
  if (typeName.test(text)) return { kind: 'context', type: text };
  const type = /^([A-Z][A-Za-z]+)\?/.exec(text)?.[1];
  if (!valueExpression || !type) {
    return {
      kind: 'unsupported',
      why: 'it is neither a type of resource nor a query such as "Patient?_id=x"',
    };
  }
  return { kind: 'context', type, existing: valueExpression };
}

/** An item's or value's definition, split: the type that it is about and the path below it. */
export interface ElementDefinitionName {
  readonly type: string;
  /** Names below the type, without "[x]". */
  readonly names: readonly string[];
}

/** Undefined for what is no plain element of a base type (a profile's own element, a slice). */
export function elementNamed(definition: string | undefined): ElementDefinitionName | undefined {
  const [canonical = '', path = ''] = definition?.split('#') ?? [];
  const type = canonical.replace('http://hl7.org/fhir/', '').replace('StructureDefinition/', '');
  const [start, ...names] = path.split('.').map((name) => name.replace('[x]', ''));
  const isPlain = typeName.test(type) && start === type && names.length > 0;
  return isPlain && names.every((name) => /^[a-z][A-Za-z0-9]*$/.test(name)) ? { type, names } : undefined;
}
