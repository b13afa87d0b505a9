// How the general practitioner prepared the referral: the explanation in its words, how it was received, and what was shared before. It travels along, for each candidate to read.
import type { Communication, ServiceRequest } from '@medplum/fhirtypes';
import { may } from '../../auth/permits.ts';
import { extensionUrl } from '../../course/course-codes.ts';
import { isExplanation } from '../../course/formulation/explained-before.ts';
import { newestFormulation } from '../../course/formulation/formulation.ts';
import { businessRule } from '../../fhir/error.ts';
import { stepSystem } from '../../fhir/own-names.ts';
import { forEffect, type WorkflowContext } from '../context.ts';
import { formulationsOf } from '../formulation/formulations-of.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { createChecked } from '../resources/write-checked.ts';
import type { ReferralRequest } from './referral-request.ts';

interface Prepared {
  readonly patient: string;
  readonly requester: string;
  /** What goes along already, as references. */
  readonly chosen: readonly string[];
}

/** What goes along, with the explanation: the one of this call, else the newest on record. Refused: 422 a reception of nothing. */
export async function withPreparation(
  context: WorkflowContext,
  request: ReferralRequest,
  { patient, requester, chosen }: Prepared,
): Promise<readonly string[]> {
  const { explanation, explanationReceived } = request;
  if (explanationReceived !== undefined && explanation === undefined) {
    throw businessRule(
      '"explanationReceived" tells how "explanation" was received: send both',
      'Parameters.parameter',
    );
  }
  if (explanation !== undefined) {
    const stored = await createChecked(
      context,
      communication(context, { patient, requester, explanation, explanationReceived }),
    );
    return withShared(context, patient, [...chosen, `Communication/${stored.id}`]);
  }
  const known = await newestExplanation(context, patient);
  return withShared(
    context,
    patient,
    known === undefined || chosen.includes(known) ? chosen : [...chosen, known],
  );
}

/** With the explanation that was shared before, and how far it was agreed: who comes next begins there, and need not ask again. */
async function withShared(
  context: WorkflowContext,
  patient: string,
  chosen: readonly string[],
): Promise<readonly string[]> {
  if (!may(context.actor, 'ClinicalImpression', 'search')) return chosen;
  const shared = newestFormulation(await formulationsOf(context, patient));
  const reference = `ClinicalImpression/${shared?.id}`;
  return shared === undefined || chosen.includes(reference) ? chosen : [...chosen, reference];
}

/** The request with what this call says about the explanation. Refused (422) when neither it nor the draft says anything. */
export function withSaidExplanation(draft: ServiceRequest, request: ReferralRequest): ServiceRequest {
  const { explanationGiven, explanationNotGivenReason } = request;
  const others = (draft.extension ?? []).filter(
    ({ url }) => url !== extensionUrl.explanationGiven && url !== extensionUrl.explanationNotGivenReason,
  );
  const before = (url: string) => draft.extension?.find((extension) => extension.url === url);
  const isGiven = explanationGiven ?? before(extensionUrl.explanationGiven)?.valueBoolean ?? false;
  const reason = explanationNotGivenReason ?? before(extensionUrl.explanationNotGivenReason)?.valueString;
  if (!isGiven && reason === undefined) {
    throw businessRule(
      'say that the explanation was given to the patient ("explanationGiven": true) or why it was not yet ("explanationNotGivenReason")',
      'Parameters.parameter',
    );
  }
  return {
    ...draft,
    extension: [
      ...others,
      { url: extensionUrl.explanationGiven, valueBoolean: isGiven },
      ...(reason === undefined ? [] : [{ url: extensionUrl.explanationNotGivenReason, valueString: reason }]),
    ],
  };
}

interface Said {
  readonly patient: string;
  readonly requester: string;
  readonly explanation: string;
  readonly explanationReceived: string | undefined;
}

function communication(context: WorkflowContext, said: Said): Communication {
  const at = context.clock.now().toISOString();
  return {
    resourceType: 'Communication',
    id: context.newId(),
    status: 'completed',
    subject: { reference: said.patient },
    topic: { coding: [{ system: stepSystem, code: 'explanation', display: 'Explanation' }] },
    sent: at,
    recipient: [{ reference: said.patient }],
    sender: { reference: said.requester },
    payload: [{ contentString: said.explanation }],
    ...(said.explanationReceived !== undefined && {
      received: at,
      note: [{ authorReference: { reference: said.patient }, time: at, text: said.explanationReceived }],
    }),
  };
}

async function newestExplanation(context: WorkflowContext, patient: string): Promise<string | undefined> {
  const within = await forEffect(context, 'follow-task', patient.replace('Patient/', ''));
  const found = await findResources(within.store, 'Communication', [byReference('subject', patient)]);
  const given = found
    .filter(isExplanation)
    .toSorted((left, right) => (left.sent ?? '').localeCompare(right.sent ?? ''))
    .at(-1);
  return given?.id === undefined ? undefined : `Communication/${given.id}`;
}
