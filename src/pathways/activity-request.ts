// Makes a request out of an ActivityDefinition: https://hl7.org/fhir/R4/activitydefinition-operation-apply.html
// What the request cannot hold is named, never dropped in silence.
import type { ActivityDefinition, PlanDefinitionAction, ServiceRequest } from '@medplum/fhirtypes';
import {
  communicationRequest,
  fulfil,
  type RequestTemplate,
  serviceRequest,
  task,
} from './request-template.ts';

const instantiatesUrl = 'http://hl7.org/fhir/StructureDefinition/workflow-instantiatesCanonical';

/** From an ActivityDefinition; the action's code, timing and participants go before those of the definition. */
export function activityRequest(
  action: PlanDefinitionAction,
  title: string,
  definition: ActivityDefinition,
  canonical: string,
): RequestTemplate {
  const code = action.code?.[0] ?? definition.code;
  const participants = action.participant ?? definition.participant ?? [];
  const roles = participants.flatMap(({ type, role }) => (type !== 'patient' && role ? [role] : []));
  const priority = action.priority ?? definition.priority;
  const timing = occurrenceOf(action) ?? occurrenceOf(definition);
  const notCarried = [
    ...(timing === 'not-carried'
      ? ['a request cannot hold this kind of timing; it stands on the action alone']
      : []),
    ...(definition.transform ? ['transform is not applied'] : []),
    ...notCarriedOf(definition),
  ];
  const occurrence = timing === 'not-carried' ? undefined : timing;
  if (definition.kind === 'ServiceRequest') {
    return serviceRequest(notCarried, {
      instantiatesCanonical: [canonical],
      status: 'draft',
      intent: 'option',
      ...(priority && { priority }),
      ...(definition.doNotPerform && { doNotPerform: true }),
      ...(code && { code }),
      ...(definition.quantity && { quantityQuantity: definition.quantity }),
      ...occurrence,
      ...(roles[0] && { performerType: roles[0] }),
      ...(definition.location && { locationReference: [definition.location] }),
      ...(definition.bodySite && { bodySite: definition.bodySite }),
    });
  }
  if (definition.kind === 'CommunicationRequest') {
    const { occurrenceTiming, ...when } = occurrence ?? {};
    return communicationRequest(
      occurrenceTiming
        ? [...notCarried, 'a CommunicationRequest holds a date or a period, no timing']
        : notCarried,
      {
        extension: [{ url: instantiatesUrl, valueCanonical: canonical }],
        status: 'draft',
        ...(code && { category: [code] }),
        ...(priority && { priority }),
        ...(definition.doNotPerform && { doNotPerform: true }),
        payload: [{ contentString: title }],
        ...when,
      },
    );
  }
  const other =
    definition.kind && definition.kind !== 'Task' ? [`a Task stands for the kind ${definition.kind}`] : [];
  const { occurrencePeriod, ...unheld } = occurrence ?? {};
  return task(
    [
      ...notCarried,
      ...other,
      ...(Object.keys(unheld).length > 0 ? ['a Task holds a period, no timing'] : []),
    ],
    {
      instantiatesCanonical: canonical,
      status: 'draft',
      intent: 'option',
      ...(priority && { priority }),
      code: code ?? fulfil,
      description: action.textEquivalent ?? title,
      ...(occurrencePeriod && { executionPeriod: occurrencePeriod }),
      ...(roles.length > 0 && { performerType: roles }),
    },
  );
}

type Occurrence = Pick<ServiceRequest, 'occurrenceDateTime' | 'occurrencePeriod' | 'occurrenceTiming'>;

function occurrenceOf(
  from: PlanDefinitionAction | ActivityDefinition,
): Occurrence | 'not-carried' | undefined {
  if (from.timingDateTime) return { occurrenceDateTime: from.timingDateTime };
  if (from.timingPeriod) return { occurrencePeriod: from.timingPeriod };
  if (from.timingTiming) return { occurrenceTiming: from.timingTiming };
  return from.timingAge || from.timingDuration || from.timingRange ? 'not-carried' : undefined;
}

const fieldsNotCarried = [
  'productReference',
  'productCodeableConcept',
  'dosage',
  'specimenRequirement',
  'observationRequirement',
  'observationResultRequirement',
] as const satisfies readonly (keyof ActivityDefinition)[];

const notCarriedOf = (definition: ActivityDefinition) =>
  fieldsNotCarried
    .filter((field) => definition[field] !== undefined)
    .map((field) => `${field} is not carried`);
