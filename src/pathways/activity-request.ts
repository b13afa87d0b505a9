// Makes a request out of an ActivityDefinition: https://hl7.org/fhir/R4/activitydefinition-operation-apply.html
// What the request cannot hold is named, never dropped in silence.
import type { ActivityDefinition, PlanDefinitionAction, ServiceRequest } from '@medplum/fhirtypes';
import { besideAs } from '../fhir/kept-translations.ts';
import {
  appointment,
  communicationRequest,
  describedBy,
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
  const kind = kindOf(definition);
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
    ...notCarriedOf(definition, kind),
  ];
  const occurrence = timing === 'not-carried' ? undefined : timing;
  if (kind === 'ServiceRequest') {
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
  if (kind === 'CommunicationRequest') {
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
        payload: [{ contentString: title, ...besideAs(action, 'title', 'contentString') }],
        ...when,
      },
    );
  }
  const forbids = definition.doNotPerform ? { modifierExtension: [doNotPerform] } : undefined;
  if (kind === 'Appointment') {
    const { repeat } = occurrence?.occurrenceTiming ?? {};
    const requested = occurrence?.occurrencePeriod ?? repeat?.boundsPeriod ?? startingAt(occurrence);
    const minutes = repeat?.durationUnit === 'min' ? repeat.duration : undefined;
    const isHeld = !occurrence || requested !== undefined || minutes !== undefined;
    return appointment(
      [
        ...notCarried,
        ...(isHeld ? [] : ['an Appointment holds a period or minutes, no other timing']),
        ...(priority ? ['the priority of an Appointment is a number; it is not carried'] : []),
      ],
      [
        ...roles.map((role) => ({ type: [role], status: 'needs-action' as const })),
        ...(definition.location ? [{ actor: definition.location, status: 'needs-action' as const }] : []),
      ],
      {
        extension: [{ url: instantiatesUrl, valueCanonical: canonical }],
        ...forbids,
        status: 'proposed',
        ...(code && { serviceType: [code] }),
        ...describedBy(action, title),
        ...(minutes !== undefined && Number.isInteger(minutes) && { minutesDuration: minutes }),
        ...(requested && { requestedPeriod: [requested] }),
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
      ...forbids,
      status: 'draft',
      intent: 'option',
      ...(priority && { priority }),
      code: code ?? fulfil,
      ...(action.textEquivalent ? describedBy(action, title) : describedBy(titleAlone(action), title)),
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

/** What a request of this kind has no place for, besides. */
const fieldsWithoutPlace = {
  ServiceRequest: [],
  CommunicationRequest: ['quantity', 'location', 'bodySite'],
  Appointment: ['quantity', 'bodySite'],
  Task: ['quantity', 'location', 'bodySite'],
} as const satisfies Record<RequestKind, readonly (keyof ActivityDefinition)[]>;

const notCarriedOf = (definition: ActivityDefinition, kind: RequestKind) =>
  [...fieldsNotCarried, ...fieldsWithoutPlace[kind]]
    .filter((field) => definition[field] !== undefined)
    .map((field) => `${field} is not carried`);

type RequestKind = 'ServiceRequest' | 'CommunicationRequest' | 'Appointment' | 'Task';

function kindOf({ kind }: ActivityDefinition): RequestKind {
  return kind === 'ServiceRequest' || kind === 'CommunicationRequest' || kind === 'Appointment'
    ? kind
    : 'Task';
}

/** R4 gives a Task and an Appointment no element of their own for "not to be done". */
const doNotPerform = {
  url: 'http://hl7.org/fhir/StructureDefinition/request-doNotPerform',
  valueBoolean: true,
};

const startingAt = (occurrence: Occurrence | undefined) =>
  occurrence?.occurrenceDateTime ? { start: occurrence.occurrenceDateTime } : undefined;

/** Without its description, which says more than what is to be done. */
const titleAlone = ({ description: _description, ...action }: PlanDefinitionAction): PlanDefinitionAction =>
  action;
