// The extensions by which our content says how a score is made, and how one is read. Defined in fhir-profiles/profiles.
import type { Extension } from '@medplum/fhirtypes';

const own = 'https://w3id.org/alongside/fhir/StructureDefinition/';

export const scoreExtension = {
  citation: `${own}citation`,
  sum: `${own}score-sum`,
  mean: `${own}score-mean`,
  part: `${own}score-part`,
  missingItemRule: `${own}missing-item-rule`,
  threshold: `${own}score-threshold`,
  changeRule: `${own}change-rule`,
  reliability: `${own}score-reliability`,
  direction: `${own}score-direction`,
  criteria: `${own}score-criteria`,
  basis: `${own}score-basis`,
  completeness: `${own}score-completeness`,
  /** HL7's extensions pack: the canonical and version of types that have no such elements, such as ObservationDefinition. */
  artifactUrl: 'http://hl7.org/fhir/StructureDefinition/artifact-url',
  artifactVersion: 'http://hl7.org/fhir/StructureDefinition/artifact-version',
  /** The weight of an answer, https://hl7.org/fhir/R4/extension-ordinalvalue.html */
  ordinalValue: 'http://hl7.org/fhir/StructureDefinition/ordinalValue',
  /** The same, of HL7's extensions pack. */
  itemWeight: 'http://hl7.org/fhir/StructureDefinition/itemWeight',
  /** The smallest and the greatest number that a question takes, https://hl7.org/fhir/R4/extension-minvalue.html */
  minValue: 'http://hl7.org/fhir/StructureDefinition/minValue',
  maxValue: 'http://hl7.org/fhir/StructureDefinition/maxValue',
} as const;

interface Extensible {
  readonly extension?: readonly Extension[];
}

export function extensionOf(element: Extensible | undefined, url: string): Extension | undefined {
  return element?.extension?.find((extension) => extension.url === url);
}

export function extensionsOf(element: Extensible | undefined, url: string): readonly Extension[] {
  return element?.extension?.filter((extension) => extension.url === url) ?? [];
}

export function stringsOf(element: Extensible | undefined, url: string): readonly string[] {
  return extensionsOf(element, url).flatMap((extension) => extension.valueString ?? []);
}

/** The published sources of an element, as written. */
export function citationsOf(element: Extensible | undefined): readonly string[] {
  return extensionsOf(element, scoreExtension.citation).flatMap(
    (extension) => extension.valueRelatedArtifact?.citation ?? [],
  );
}
