// Somebody leaves a group or a course for pairs by themselves: the person by their own plan, and of a pair the therapist as well. Nobody is
// asked for a reason, and none is kept.
import type { CarePlan, Task } from '@medplum/fhirtypes';
import { businessRule, forbidden } from '../../fhir/error.ts';
import { forEffect, forLeaving, inTransaction, type WorkflowContext } from '../context.ts';
import { reasonOf } from '../courses/sentences-of.ts';
import { readKnown } from '../resources/read-known.ts';
import { assertVersion, demandVersion } from '../resources/version-demand.ts';
import { groupRunOf, memberOfRun } from './group-run-of.ts';
import { leaveRun } from './leave-run.ts';

export interface LeaveRequest {
  /** Of the person, a part of the group's. */
  readonly carePlanId: string;
  readonly ifMatch: string | undefined;
}

export interface LeaveResult {
  readonly own: CarePlan;
  readonly task: Task;
}

/** Refused: 403 somebody who does not take part; 404 a plan out of reach; 412 and 428 its version; 422 a plan that is part of no group, or has ended. */
export function leaveGroup(context: WorkflowContext, request: LeaveRequest): Promise<LeaveResult> {
  return inTransaction(context, async (inside) => {
    const version = await readKnown(inside.store, 'CarePlan', request.carePlanId);
    const carePlan = version.resource();
    const patient = carePlan.subject.reference ?? '';
    const groupPlan = carePlan.partOf?.[0]?.reference?.split('/')[1];
    if (groupPlan === undefined || !patient.startsWith('Patient/')) {
      throw businessRule(
        `CarePlan/${request.carePlanId} is part of no group: a course of one person is paused or ended by its referral's Task`,
        'CarePlan.partOf',
      );
    }
    const ofPerson = await forEffect(inside, 'follow-task', patient.slice('Patient/'.length));
    const member = await memberOfRun(ofPerson, carePlan);
    const { subject } = inside.actor;
    // A token that stands for nobody speaks for whoever asked it to.
    if (subject !== undefined && subject !== patient && subject !== member.pair?.therapist) {
      throw forbidden(
        "Only who takes part leaves by themselves; a leader notes that somebody left with $group-member on the group's plan.",
      );
    }
    demandVersion('CarePlan', { ifMatch: request.ifMatch, demandsIfMatch: true });
    assertVersion(version.versionId, request.ifMatch);
    if (carePlan.status !== 'active' && carePlan.status !== 'on-hold') {
      throw businessRule(
        `CarePlan/${request.carePlanId} is ${carePlan.status}: there is nothing to leave any more`,
        'CarePlan.status',
      );
    }
    const ofGroup = await forLeaving(inside, request.carePlanId);
    const run = await groupRunOf(ofGroup, groupPlan);
    const reason = reasonOf(inside, member.pair ? 'pair-stopping' : 'left-by-choice');
    return leaveRun({ context: inside, ofPerson, ofGroup }, run, member, reason);
  });
}
