// Records the explanation that person and therapist share as it stands after a talk: a new version after the one before, named by the plan.
import type { CarePlan, ClinicalImpression } from '@medplum/fhirtypes';
import { allowedCourseMoves } from '../../course/course-moves.ts';
import {
  allowedExplanationMoves,
  type ExplanationState,
  explanationRefusal,
} from '../../course/formulation/explanation-moves.ts';
import {
  explanationStateOf,
  formulationChain,
  formulationForm,
  withFactorIds,
} from '../../course/formulation/formulation.ts';
import { formulationResource, type TalkedFactor } from '../../course/formulation/formulation-resources.ts';
import { hasBegun } from '../../course/period-stands.ts';
import { businessRule } from '../../fhir/error.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { authorOf } from '../course-changes/tailoring-reason.ts';
import { conceptsIn } from '../courses/names-of-codes.ts';
import { daysOf } from '../days.ts';
import { createResource } from '../resources/create-resource.ts';
import { isSameContent } from '../resources/is-same-content.ts';
import { type Given, readKnown, readOfPatient } from '../resources/read-known.ts';
import { assertVersion, demandVersion } from '../resources/version-demand.ts';
import { updateChecked } from '../resources/write-checked.ts';
import { checkFactors } from './check-factors.ts';
import { formulationsOf } from './formulations-of.ts';

export interface FormulationRequest {
  readonly carePlanId: string;
  readonly ifMatch: string | undefined;
  /** How far they are: suggested, talked-through, agreed. */
  readonly state: string;
  readonly reason?: string;
  readonly summary?: string;
  readonly factors: readonly (TalkedFactor & { readonly expression: string })[];
  /** A dateTime with its zone, or a calendar date; now when not said. */
  readonly date?: string;
  readonly encounter?: Given;
  /** The explanation that the caller saw, "ClinicalImpression/x". */
  readonly previous?: Given;
}

export interface FormulationResult {
  /** Unchanged: what is on record says the same, and nothing was written. */
  readonly kind: 'created' | 'unchanged';
  readonly formulation: ClinicalImpression;
  readonly carePlan: CarePlan;
  /** Where the next version may stand. */
  readonly allowed: readonly ExplanationState[];
}

const place = 'Parameters.parameter';

/**
 * Refused: 404 unknown plan, session or evidence; 412, 428 the version of the plan; 422 a plan that has ended or is about no one
 * person, factors that lack something, a state that does not follow from the one before, another explanation than the one seen.
 */
export function recordFormulation(
  context: WorkflowContext,
  request: FormulationRequest,
): Promise<FormulationResult> {
  return inTransaction(context, async (inside) => {
    const { ifMatch } = request;
    const version = await readKnown(inside.store, 'CarePlan', request.carePlanId);
    demandVersion('CarePlan', { demandsIfMatch: true, ...(ifMatch !== undefined && { ifMatch }) });
    const carePlan = version.resource();
    const patient = carePlan.subject.reference ?? '';
    if (!patient.startsWith('Patient/')) {
      throw businessRule(
        'an explanation is that of one person: call it on their own plan',
        'CarePlan.subject',
      );
    }
    const all = await formulationsOf(inside, patient);
    const chain = formulationChain(all);
    const said = withFactorIds(await formulationOf(inside, carePlan, patient, request), all);
    const [newest] = chain;
    if (newest && isSameContent(saidIn(newest), saidIn(said))) {
      return resultOf('unchanged', newest, carePlan);
    }
    assertVersion(version.versionId, ifMatch);
    demandRunning(carePlan);
    demandKnownIds(request, newest);
    const refusal = explanationRefusal(explanationStateOf(chain), said);
    if (refusal !== undefined) throw businessRule(refusal, place);
    const { result } = await createResource(inside, said);
    const formulation = result.version.resource();
    if (formulation.resourceType !== 'ClinicalImpression') throw new Error('an explanation of another type');
    const next = withExplanation(carePlan, formulation, all);
    const stored = await updateChecked(inside, next, version.versionId);
    return resultOf('created', formulation, stored.resource());
  });
}

function resultOf(
  kind: FormulationResult['kind'],
  formulation: ClinicalImpression,
  carePlan: CarePlan,
): FormulationResult {
  const allowed = allowedExplanationMoves(explanationStateOf([formulation]));
  return { kind, formulation, carePlan, allowed };
}

/** What an explanation says, whoever wrote it down and when. */
function saidIn({ finding, summary, statusReason }: ClinicalImpression) {
  return { finding, summary, statusReason };
}

async function formulationOf(
  context: WorkflowContext,
  carePlan: CarePlan,
  patient: string,
  request: FormulationRequest,
): Promise<ClinicalImpression> {
  const { catalogue } = context;
  const { factors, encounter, date, reason, summary, previous } = request;
  if (encounter)
    await readOfPatient(context.store, encounter.value, ['Encounter'], patient, encounter.expression);
  const now = context.clock.now();
  if (date !== undefined && !hasBegun({ start: date }, now.getTime(), daysOf(context).today)) {
    throw businessRule('a talk that took place was not in the future ("date")', place);
  }
  const author = authorOf(context, carePlan.author?.reference);
  const formVersion = catalogue.questionnaire(formulationForm)?.version;
  const resource = formulationResource(
    context.newId(),
    {
      patient,
      ...(/^Practitioner(Role)?\//.test(author) && { assessor: author }),
      ...(encounter && { encounter: encounter.value }),
      date: date ?? now.toISOString(),
      state: request.state,
      ...(reason && { reason }),
      ...(summary && { summary }),
      factors,
      ...(formVersion && { formVersion }),
    },
    (system, code) => conceptsIn(catalogue, system).find((concept) => concept.code === code)?.display,
  );
  await checkFactors(context, resource, (factor) => factors[factor]?.expression ?? place);
  return { ...resource, ...(previous && { previous: { reference: previous.value } }) };
}

function demandRunning({ id, status }: CarePlan): void {
  if (status === 'active' || status === 'on-hold') return;
  const allowed = allowedCourseMoves(status).join(', ') || `none, ${status} is final`;
  throw businessRule(
    `an explanation is recorded in a course that is active or on-hold; CarePlan/${id} is ${status}. Allowed from there: ${allowed}`,
    'CarePlan.status',
  );
}

/** An id says that a factor carries on under other words, so it is one of the explanation before. */
function demandKnownIds({ factors }: FormulationRequest, newest: ClinicalImpression | undefined): void {
  const known = (newest?.finding ?? []).flatMap(({ id }) => id ?? []);
  for (const { id, expression } of factors) {
    if (id !== undefined && !known.includes(id)) {
      throw businessRule(
        `"${id}" is no factor of the explanation before; known: ${known.join(', ') || 'none'}. Leave "id" out for a new factor`,
        expression,
      );
    }
  }
}

/** The plan rests on the newest explanation, and on none before it. */
function withExplanation(
  carePlan: CarePlan,
  { id }: ClinicalImpression,
  earlier: readonly ClinicalImpression[],
): CarePlan {
  const before = new Set(earlier.map((each) => `ClinicalImpression/${each.id}`));
  const others = (carePlan.supportingInfo ?? []).filter(({ reference }) => !before.has(reference ?? ''));
  return { ...carePlan, supportingInfo: [...others, { reference: `ClinicalImpression/${id}` }] };
}
