// A Consent decides from one request to the next: in the commit that ends it, what rested on it ends too, and somebody is told.
import type { Consent } from '@medplum/fhirtypes';
import type { Actor } from '../../auth/actor.ts';
import { giversOf, isGiven, teamsOf } from '../../course/consent-stands.ts';
import { businessRule, forbidden } from '../../fhir/error.ts';
import { forEffect, type WorkflowContext } from '../context.ts';
import { isSameContent } from '../resources/is-same-content.ts';
import { readReferenced } from '../resources/read-known.ts';
import type { WriteRule } from '../resources/write-rules.ts';
import { standsNow } from './stands-now.ts';
import { followWithdrawal } from './withdraw-consent.ts';

/**
 * Refuses (403) a withdrawal, or another time, by somebody whom the consent does not concern; (422) another giver, another patient, and
 * for a joint course another pair or a consent that is taken up again after the pair has stopped.
 */
export const consentRule: WriteRule = {
  async beforeUpdate(context, current, next) {
    if (current.resourceType !== 'Consent' || next.resourceType !== 'Consent') return undefined;
    checkWhoseItIs(current, next);
    refuseLaterEnd(context, next);
    const { type, period } = current.provision ?? {};
    const isOther = !isSameContent(
      { type, period },
      { type: next.provision?.type, period: next.provision?.period },
    );
    if (isGiven(current) && (isOther || !isGiven(next))) demandConcerned(context.actor, current);
    if (!isGiven(current) && isGiven(next)) await refuseAfterEnd(context, next);
    return undefined;
  },
  async afterUpdate(context, current, stored) {
    const next = stored.resource();
    if (current.resourceType !== 'Consent' || next.resourceType !== 'Consent') return;
    // One whose time has passed may not have been followed yet.
    if (isGiven(current) && !standsNow(context, next)) await followWithdrawal(context, next);
  },
  async beforeDelete(context, current) {
    if (current.resourceType !== 'Consent' || !isGiven(current)) return;
    demandConcerned(context.actor, current);
    await followWithdrawal(context, current);
  },
};

function checkWhoseItIs(current: Consent, next: Consent): void {
  const fixed = [
    ['patient', current.patient, next.patient],
    ['performer', current.performer, next.performer],
    ...(teamsOf(current).length > 0
      ? ([
          ['provision.data', current.provision?.data, next.provision?.data],
          ['provision.provision', current.provision?.provision ?? [], next.provision?.provision ?? []],
        ] as const)
      : []),
  ] as const;
  for (const [element, before, after] of fixed) {
    if (before !== undefined && !isSameContent(before, after)) {
      throw businessRule(
        `${element} of a consent does not change: withdraw this one (status inactive), and write down another that is given`,
        `Consent.${element}`,
      );
    }
  }
}

/** What a consent opened must close in the very next request: an end that lies ahead would pass without one that closes it. */
function refuseLaterEnd(context: WorkflowContext, next: Consent): void {
  const { end } = next.provision?.period ?? {};
  const isAhead = end !== undefined && standsNow(context, next);
  if (teamsOf(next).length === 0 || !isAhead) return;
  throw businessRule(
    'a consent to a joint course has no end that lies ahead: withdraw it on the day (status inactive), which needs no reason',
    'Consent.provision.period',
  );
}

/** Who gave it; in the patient's name their general practitioner, and a system that carries messages of all. */
function demandConcerned({ role, subject }: Actor, consent: Consent): void {
  const givers = giversOf(consent);
  const isOfPatient = !givers.some((giver) => giver.startsWith('Practitioner'));
  const isConcerned =
    role === 'system' ||
    role === 'integrator' ||
    (subject !== undefined && givers.includes(subject)) ||
    (isOfPatient && (role === 'gp' || (role === 'patient' && consent.patient?.reference === subject)));
  if (isConcerned) return;
  throw forbidden(
    `A consent is withdrawn, and its time changed, by whoever gave it${isOfPatient ? ', or in their name by their general practitioner' : ''}: this one is of ${givers.join(', ')}. Who takes part in a joint course stops with it by POST CarePlan/[id]/$leave.`,
    'Consent.status',
  );
}

async function refuseAfterEnd(context: WorkflowContext, next: Consent): Promise<void> {
  const teams = teamsOf(next);
  const patient = next.patient?.reference?.split('/')[1];
  if (teams.length === 0 || patient === undefined) return;
  const { store } = await forEffect(context, 'follow-task', patient);
  for (const reference of teams) {
    const team = (await readReferenced(store, reference, ['CareTeam'], 'Consent.provision')).resource();
    if (team.status === 'inactive') {
      throw businessRule(
        'the pair has stopped with this course, and a consent to it is not taken up again: another course begins with consents of its own (POST PlanDefinition/[id]/$start-pairs)',
        'Consent.status',
      );
    }
  }
}
