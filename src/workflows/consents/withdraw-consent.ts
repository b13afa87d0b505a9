// What follows in the same commit when a consent no longer stands: the joint course that it let a pair take part in ends for the two as
// with $leave, whoever sent a referral by it is told, and who wrote it down is kept.
import type { CarePlan, Consent, Provenance, ProvenanceAgent, Task } from '@medplum/fhirtypes';
import { giversOf, teamsOf } from '../../course/consent-stands.ts';
import { hasCourseCode } from '../../course/course-codes.ts';
import { asItIs, inARow, saidIn } from '../../course/said.ts';
import { FhirError } from '../../fhir/error.ts';
import { forEffect, forLeaving, type WorkflowContext } from '../context.ts';
import { reasonOf, sentencesOf } from '../courses/sentences-of.ts';
import { groupRunOf, type MemberOfRun, memberOfRun } from '../groups/group-run-of.ts';
import { leaveRun } from '../groups/leave-run.ts';
import { closeWhatWasOpened } from '../pairs/close-pair.ts';
import { nextStepOfPair } from '../pairs/next-step-of-pair.ts';
import { tellReferrers } from '../referrals/tell-referrer.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { createChecked } from '../resources/write-checked.ts';

/**
 * After a course that was held to its end only what it opened closes. The Consent itself is the caller's to write. `who` is kept as the
 * one who wrote it down.
 */
export async function followWithdrawal(
  context: WorkflowContext,
  consent: Consent,
  who = whoAsks(context),
): Promise<void> {
  const patient = consent.patient?.reference ?? '';
  if (!patient.startsWith('Patient/')) return;
  const ofPerson = await forEffect(context, 'follow-task', patient.slice('Patient/'.length));
  await createChecked(ofPerson, withdrawal(context, consent, patient, who));
  await tellReferrers(ofPerson, consent, patient);
  for (const team of teamsOf(consent)) {
    const plans = await findResources(ofPerson.store, 'CarePlan', [
      byReference('care-team', team),
      byReference('subject', patient),
      byToken('status', { code: 'active' }, { code: 'on-hold' }, { code: 'completed' }),
    ]);
    for (const plan of plans) {
      const whole = plan.partOf?.[0]?.reference?.split('/')[1];
      const member = await memberOfRun(ofPerson, plan);
      if (whole === undefined || `CareTeam/${member.pair?.team.id}` !== team) continue;
      // One that others gave, or others too, is not what the two are a pair by.
      if (!giversOf(consent).every((giver) => giver === patient || giver === member.pair?.therapist))
        continue;
      if (plan.status === 'completed' && member.pair) {
        const ofConsents = await forEffect(context, 'end-consent', patient.slice('Patient/'.length));
        const pair = { ...member, pair: member.pair };
        const closed = await closeWhatWasOpened({ ofPerson, ofConsents }, pair, `Consent/${consent.id}`);
        const step = closed.find(({ code }) => hasCourseCode(code, 'next-step'));
        if (step) await handOver({ context, ofPerson }, pair, `CarePlan/${whole}`, step);
        continue;
      }
      const ofGroup = await forRunAround(context, plan);
      if (ofGroup === undefined) continue;
      const run = await groupRunOf(ofGroup, whole);
      const leaving = { context, ofPerson, ofGroup, consent: `Consent/${consent.id}` };
      await leaveRun(leaving, run, member, reasonOf(context, 'pair-stopping'));
    }
  }
}

/** Undefined where the person is not in the run that their plan says it is a part of: their consent let nobody into it. */
async function forRunAround(
  context: WorkflowContext,
  { id = '' }: CarePlan,
): Promise<WorkflowContext | undefined> {
  try {
    return await forLeaving(context, id);
  } catch (error) {
    if (error instanceof FhirError && error.status === 404) return undefined;
    throw error;
  }
}

const whoAsks = ({ actor: { subject } }: WorkflowContext): ProvenanceAgent['who'] =>
  subject ? { reference: subject } : { display: 'A system that is connected' };

/** The next step after a course that was held, which the therapist of the pair still had. */
async function handOver(
  contexts: { readonly context: WorkflowContext; readonly ofPerson: WorkflowContext },
  { patient, pair, carePlan }: MemberOfRun & Required<Pick<MemberOfRun, 'pair'>>,
  whole: string,
  step: Task,
): Promise<void> {
  await nextStepOfPair(contexts, {
    patient,
    therapist: pair.therapist,
    own: `CarePlan/${carePlan.id}`,
    whole,
    said: inARow(
      [
        saidIn(step, 'description') ?? asItIs(''),
        sentencesOf(contexts.context.catalogue)('pair-consent-ended'),
      ],
      '. ',
    ),
  });
}

/** Who wrote it down, and in whose name. */
function withdrawal(
  { clock, newId }: WorkflowContext,
  consent: Consent,
  patient: string,
  who: ProvenanceAgent['who'],
): Provenance {
  const givers = giversOf(consent);
  const isGiver = who.reference !== undefined && givers.includes(who.reference);
  const [giver] = givers;
  return {
    resourceType: 'Provenance',
    id: newId(),
    target: [{ reference: `Consent/${consent.id}` }, { reference: patient }],
    recorded: clock.now().toISOString(),
    activity: {
      coding: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/v3-DataOperation',
          code: 'UPDATE',
          display: 'revise',
        },
      ],
    },
    agent: [
      {
        who,
        ...(!isGiver && giver && { onBehalfOf: { reference: giver } }),
      },
    ],
  };
}
