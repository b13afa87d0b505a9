// Which side of a referral an actor speaks for: the one who asked, the one who was asked, or the person whom it is about.
import type { CodeableConcept, Task } from '@medplum/fhirtypes';
import type { Actor } from '../../auth/actor.ts';
import type { Side } from '../../course/referral/referral-moves.ts';
import { forbidden } from '../../fhir/error.ts';

/** Integrators and the system carry messages for all sides. */
const sideOf = {
  gp: 'requester',
  therapist: 'performer',
  patient: 'patient',
  manager: undefined,
  integrator: 'any',
  system: 'any',
} as const satisfies Record<Actor['role'], Side | 'any' | undefined>;

/** Refused (403) when the actor speaks for none of these sides, or for a candidate who was not asked. `what` begins the sentence. */
export function demandSide(
  actor: Actor,
  task: Task,
  sides: readonly Side[],
  what: string,
  expression: string,
): void {
  const side = sideOf[actor.role];
  if (side === 'any') {
    return;
  }
  if (!side || !sides.includes(side)) {
    throw forbidden(`${what} by the ${sides.join(' or the ')} only`, expression);
  }
  const owner = task.owner?.reference;
  const isAskedByName = owner?.startsWith('Practitioner/') ?? false;
  if (side === 'performer' && isAskedByName && owner !== actor.subject) {
    throw forbidden(`this referral was sent to ${owner}`, 'Task.owner');
  }
}

export function hasText(concept: CodeableConcept | undefined): boolean {
  return Boolean(concept?.text?.trim() || concept?.coding?.some((coding) => coding.code));
}
