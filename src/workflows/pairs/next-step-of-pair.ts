// Who has the person's next step when a pair has stopped with its course. A Task in the person's record opens that to its owner, so a
// therapist whom nothing but the pair led there is told by one of their own, and the general practitioner takes the person's.
import type { Task } from '@medplum/fhirtypes';
import type { Said } from '../../course/said.ts';
import { forPractitioner, type WorkflowContext } from '../context.ts';
import { giveDuty } from '../watch/give-duty.ts';
import { seesBeside } from './sees-beside.ts';

interface NextStepOfPair {
  readonly patient: string;
  readonly therapist: string;
  /** "CarePlan/x" of the person, and of the course as a whole. */
  readonly own: string;
  readonly whole: string;
  readonly said: Said;
}

/** Answers with the Task about the person; nobody's by name where the record names no general practitioner. */
export async function nextStepOfPair(
  { context, ofPerson }: { readonly context: WorkflowContext; readonly ofPerson: WorkflowContext },
  { patient, therapist, own, whole, said }: NextStepOfPair,
): Promise<Task> {
  const isTreating = await seesBeside(ofPerson, patient, therapist);
  const about = { duty: 'next-step', about: own, patient, said } as const;
  const task = await giveDuty(ofPerson, { ...about, named: isTreating ? [therapist] : [] });
  if (!isTreating) {
    const asTherapist = await forPractitioner(context, therapist.slice('Practitioner/'.length));
    await giveDuty(asTherapist, { ...about, about: whole, patient: therapist, named: [therapist] });
  }
  return task;
}
