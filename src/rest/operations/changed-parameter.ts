// Writes a session of a changed plan as a part of Parameters: how it is now, and how it was.
import type { ParametersParameter } from '@medplum/fhirtypes';
import type { ChangedSession } from '../../workflows/course-changes/tailoring-request.ts';
import { saidParameter } from '../../workflows/said-parameter.ts';

type PlanStep = ChangedSession['after'];

export function changedParameter({ session, before, after }: ChangedSession): ParametersParameter {
  return {
    name: 'session',
    part: [
      { name: 'source', valueReference: { reference: `ServiceRequest/${session.id}` } },
      { name: 'step', valueString: after.stepId },
      { name: 'status', valueCode: session.status },
      ...stepParts(after),
      ...(before ? [{ name: 'before', part: stepParts(before) }] : []),
    ],
  };
}

/** Number, title, date, minutes and elements. */
export function stepParts(
  step: Pick<PlanStep, 'number' | 'title' | 'date' | 'minutesLow' | 'minutesHigh' | 'elements'>,
): ParametersParameter[] {
  return [
    { name: 'number', valueInteger: step.number },
    saidParameter('title', step.title),
    { name: 'planned', valueDate: step.date },
    ...minutesParts(step),
    ...step.elements.map(({ element }) => ({ name: 'element', valueCoding: element })),
  ];
}

/** Absent where the plan says nothing of the length. */
export function minutesParts({
  minutesLow,
  minutesHigh,
}: Pick<PlanStep, 'minutesLow' | 'minutesHigh'>): ParametersParameter[] {
  return [
    ...(minutesLow === undefined ? [] : [{ name: 'minutesLow', valueInteger: minutesLow }]),
    ...(minutesHigh === undefined ? [] : [{ name: 'minutesHigh', valueInteger: minutesHigh }]),
  ];
}
