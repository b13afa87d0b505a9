// A consent that a referral carries no longer stands while nobody has taken the referral: whoever sent it talks with the person.
import type { Consent, ServiceRequest } from '@medplum/fhirtypes';
import { isCoordinationTask } from '../../course/referral/referral-resources.ts';
import { whoTakesOn } from '../alarms/who-is-called-in.ts';
import type { WorkflowContext } from '../context.ts';
import { sentencesOf } from '../courses/sentences-of.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { readKnown } from '../resources/read-known.ts';
import { giveDuty } from '../watch/give-duty.ts';
import { whoStillWorks } from '../watch/who-still-works.ts';

/**
 * One Task for a referral, however many were asked. A candidate gets none: it would lead them to the person after they have declined.
 * The referral stays as it is: whether it is taken back is decided with the person.
 */
export async function tellReferrers(
  ofPerson: WorkflowContext,
  consent: Consent,
  patient: string,
): Promise<void> {
  for (const referral of await referralsWaitingBy(ofPerson, consent, patient)) {
    await giveDuty(ofPerson, {
      duty: 'get-in-touch',
      about: `ServiceRequest/${referral.id}`,
      patient,
      named: [await ownerOf(ofPerson, referral, patient)],
      said: sentencesOf(ofPerson.catalogue)('consent-of-referral-ended'),
    });
  }
}

/** Referrals of this patient that carry this consent, and that somebody was asked to take and nobody has taken. */
export async function referralsWaitingBy(
  { store }: Pick<WorkflowContext, 'store'>,
  consent: Consent,
  patient: string,
): Promise<readonly ServiceRequest[]> {
  const asked = (
    await findResources(store, 'Task', [
      byReference('patient', patient),
      byToken('status', { code: 'requested' }, { code: 'received' }),
    ])
  ).filter(isCoordinationTask);
  const waiting: ServiceRequest[] = [];
  for (const reference of new Set(asked.flatMap(({ focus }) => focus?.reference ?? []))) {
    const [type, id] = reference.split('/');
    if (type !== 'ServiceRequest' || !id) continue;
    const referral = (await readKnown(store, 'ServiceRequest', id)).resource();
    const isBy = referral.supportingInfo?.some((each) => each.reference === `Consent/${consent.id}`);
    if (isBy) waiting.push(referral);
  }
  return waiting;
}

/** A person who sent it, else the general practitioner, else the organisation that sent it; nobody by name when all have stopped. */
async function ownerOf(
  context: WorkflowContext,
  { requester }: ServiceRequest,
  patient: string,
): Promise<string | undefined> {
  const person = requester?.reference?.startsWith('Practitioner') ? requester.reference : undefined;
  return (
    (await whoTakesOn(context, patient, person)) ??
    (await whoStillWorks(context, patient, requester?.reference))
  );
}
