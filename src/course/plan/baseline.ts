// What the protocol itself would have given: kept as a proposal beside the plan and never changed, so that both can be compared later.
import type { RequestGroup, RequestGroupAction, ServiceRequest } from '@medplum/fhirtypes';
import type { CalendarDate, Days } from '../calendar.ts';
import { courseConcept, courseIdentifierSystem } from '../course-codes.ts';
import { asItIs, type Said, saidAs, saidIn } from '../said.ts';
import { minutesOf, sessionQuantity } from '../session/session-quantity.ts';
import type { PlannedSession } from './schedule.ts';

export interface ProtocolSession extends PlannedSession {
  /** False for one that may be left out without a reason. */
  readonly isRequired: boolean;
}

export interface BaselineContent {
  readonly courseId: string;
  readonly patient: string;
  /** Canonical of the protocol with |version. */
  readonly plan: string;
  readonly authoredOn: string;
  readonly protocol: readonly ProtocolSession[];
}

/** All sessions of the protocol, the optional ones too. They are contained: nobody is to mistake them for planned ones. */
export function baselineGroup(id: string, content: BaselineContent): RequestGroup {
  return {
    resourceType: 'RequestGroup',
    id,
    contained: content.protocol.map((session) => proposed(session, content)),
    groupIdentifier: { system: courseIdentifierSystem, value: content.courseId },
    instantiatesCanonical: [content.plan],
    status: 'active',
    intent: 'proposal',
    subject: { reference: content.patient },
    authoredOn: content.authoredOn,
    action: content.protocol.map(
      (session): RequestGroupAction => ({
        id: session.actionId,
        prefix: String(session.number),
        ...saidAs('title', session.title),
        timingDateTime: session.date,
        requiredBehavior: session.isRequired ? 'must-unless-documented' : 'could',
        resource: { reference: `#step-${session.number}` },
      }),
    ),
  };
}

function proposed(session: ProtocolSession, { patient }: BaselineContent): ServiceRequest {
  return {
    resourceType: 'ServiceRequest',
    id: `step-${session.number}`,
    ...(session.definition && { instantiatesCanonical: [session.definition] }),
    status: 'active',
    intent: 'proposal',
    code: {
      ...courseConcept('therapy-session'),
      ...saidAs('text', session.title),
    },
    ...sessionQuantity(session),
    subject: { reference: patient },
    occurrenceDateTime: session.date,
  };
}

export interface ProtocolStep {
  readonly stepId: string;
  /** Its place in the protocol, from 1. */
  readonly number: number;
  readonly title: Said;
  readonly date: CalendarDate;
  readonly minutesLow?: number;
  readonly minutesHigh?: number;
  readonly definition?: string;
  readonly isRequired: boolean;
}

export const isBaseline = ({ intent }: RequestGroup): boolean => intent === 'proposal';

/** The steps that a baseline holds, in its order. */
export function protocolSteps(
  baseline: RequestGroup,
  { dayOf }: Pick<Days, 'dayOf'>,
): readonly ProtocolStep[] {
  return (baseline.action ?? []).flatMap((action, index): ProtocolStep[] => {
    const { id, timingDateTime, requiredBehavior, resource } = action;
    const session = baseline.contained?.find(
      (each): each is ServiceRequest =>
        each.resourceType === 'ServiceRequest' && `#${each.id}` === resource?.reference,
    );
    const definition = session?.instantiatesCanonical?.[0];
    return id && timingDateTime
      ? [
          {
            stepId: id,
            number: index + 1,
            title: saidIn(action, 'title') ?? asItIs(id),
            date: dayOf(timingDateTime) ?? '',
            ...(session && minutesOf(session)),
            ...(definition !== undefined && { definition }),
            isRequired: requiredBehavior !== 'could',
          },
        ]
      : [];
  });
}
