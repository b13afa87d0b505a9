// Whether an item becomes an Observation, with which codes, and how it is tied to the Observation that it stands in.
// https://hl7.org/fhir/uv/sdc/StructureDefinition-sdc-questionnaire-observationExtract.html
import type { CodeableConcept, Coding, Extension } from '@medplum/fhirtypes';
import { extensionsOf } from '../instruments/score-extensions.ts';
import { sdcExtension } from './sdc-extensions.ts';

const relationships = ['independent', 'component', 'member', 'derived'] as const;

type Relationship = (typeof relationships)[number];

export type ObservationMark =
  | { readonly kind: 'extracted'; readonly relationship: Relationship; readonly codes: readonly Coding[] }
  /** Not itself; what is in it may be. */
  | { readonly kind: 'passed-over' }
  /** With all that is in it. */
  | { readonly kind: 'excluded' }
  | { readonly kind: 'faulty'; readonly why: string };

/** What an item takes over from what it stands in. */
export interface Inherited {
  readonly isExtracted: boolean;
  readonly category: readonly CodeableConcept[];
}

interface Marked {
  readonly extension?: Extension[];
  readonly code?: Coding[];
}

export function inheritedBy(element: Marked, above: Inherited): Inherited {
  const flag = flagsOf(element).find((each) => typeof each === 'boolean');
  const category = extensionsOf(element, sdcExtension.observationExtractCategory).flatMap(
    ({ valueCodeableConcept }) => valueCodeableConcept ?? [],
  );
  return {
    isExtracted: flag ?? above.isExtracted,
    category: category.length > 0 ? category : above.category,
  };
}

export function observationMark(item: Marked, above: Inherited): ObservationMark {
  const own = flagsOf(item);
  if (new Set(own.map((flag) => typeof flag)).size > 1) {
    return { kind: 'faulty', why: 'observationExtract is either true or false or a relationship, not both' };
  }
  if (own.includes(false)) return { kind: 'excluded' };
  const tagged = (item.code ?? []).filter((coding) => flagsOf(coding).some((flag) => flag !== false));
  const codes = (tagged.length > 0 ? tagged : (item.code ?? [])).map(plain).filter(({ code }) => code);
  const isMarked = own.length > 0 || tagged.length > 0 || above.isExtracted;
  if (!isMarked || codes.length === 0) return { kind: 'passed-over' };
  const [flag = true] = [...own, ...tagged.flatMap(flagsOf)];
  const relationship = flag === true ? 'independent' : relationships.find((each) => each === flag);
  return relationship
    ? { kind: 'extracted', relationship, codes }
    : { kind: 'faulty', why: `observationExtract is not one of ${relationships.join(', ')}` };
}

function flagsOf(element: { readonly extension?: readonly Extension[] }): readonly (boolean | string)[] {
  return extensionsOf(element, sdcExtension.observationExtract).flatMap(
    ({ valueBoolean, valueCode }) => valueBoolean ?? valueCode ?? [],
  );
}

function plain({ extension: _extension, ...coding }: Coding): Coding {
  return coding;
}
