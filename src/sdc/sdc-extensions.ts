// The extensions by which a Questionnaire says how it is filled beforehand and what is taken out of it afterwards.
// https://hl7.org/fhir/uv/sdc/
import type { Coding, Expression, Extension } from '@medplum/fhirtypes';
import { extensionsOf } from '../instruments/score-extensions.ts';

const guide = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-';
const core = 'http://hl7.org/fhir/StructureDefinition/';

export const sdcExtension = {
  launchContext: `${guide}launchContext`,
  initialExpression: `${guide}initialExpression`,
  candidateExpression: `${guide}candidateExpression`,
  itemPopulationContext: `${guide}itemPopulationContext`,
  observationLinkPeriod: `${guide}observationLinkPeriod`,
  observationExtract: `${guide}observationExtract`,
  observationExtractCategory: `${guide}observation-extract-category`,
  itemExtractionContext: `${guide}itemExtractionContext`,
  definitionExtract: `${guide}definitionExtract`,
  definitionExtractValue: `${guide}definitionExtractValue`,
  variable: `${core}variable`,
  unit: `${core}questionnaire-unit`,
  unitOption: `${core}questionnaire-unitOption`,
} as const;

interface Extensible {
  readonly extension?: readonly Extension[];
}

/** The Expressions that an element carries under this url, in order. */
export function expressionsOf(element: Extensible, url: string): readonly Expression[] {
  return extensionsOf(element, url).flatMap(({ valueExpression }) => valueExpression ?? []);
}

/** The units that the answer to a question may have; empty when the Questionnaire does not say. */
export function unitsOf(item: Extensible): readonly Coding[] {
  return [...extensionsOf(item, sdcExtension.unit), ...extensionsOf(item, sdcExtension.unitOption)].flatMap(
    ({ valueCoding }) => valueCoding ?? [],
  );
}
