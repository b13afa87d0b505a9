// Keeps the stored changes since a person's own start in step with the scores they were made from: made once, amended, voided, never doubled.
import type { Observation, ObservationDefinition } from '@medplum/fhirtypes';
import { isOfCourse } from '../../course/course-codes.ts';
import { startOfTrajectory } from '../../course/goal/trajectory.ts';
import { canonicalOf, parseCanonical } from '../../fhir/canonical.ts';
import {
  scoreChangeLibrary,
  scoreChangeObservation,
  scoreChangeSystem,
} from '../../instruments/score-change.ts';
import { extensionOf, scoreExtension } from '../../instruments/score-extensions.ts';
import { type SumRule, scoreRule } from '../../instruments/score-rule.ts';
import type { WorkflowContext } from '../context.ts';
import { daysOf } from '../days.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { createChecked, updateChecked } from '../resources/write-checked.ts';

/**
 * Called in the transaction that wrote, amended or voided scores of these definitions. Does nothing for a person without a
 * course: there is no start then. Means are left out, because averages of activities are compared only when the activities
 * are the same.
 */
export async function storeScoreChanges(
  context: WorkflowContext,
  patientId: string,
  definitions: readonly ObservationDefinition[],
): Promise<void> {
  const rules = definitions
    .map(scoreRule)
    .filter((rule): rule is SumRule => rule.kind === 'sum' && rule.combine.by === 'sum');
  if (rules.length === 0) return;
  const patient = `Patient/${patientId}`;
  const firstDay = await firstDayOfCourse(context, patient);
  if (firstDay === undefined) return;
  const codes = rules.map(({ code, definition }) => {
    const system = definition.code.coding?.[0]?.system;
    return { ...(system !== undefined && { system }), code };
  });
  const observations = await findResources(context.store, 'Observation', [
    byReference('subject', patient),
    byToken('code', ...codes, { system: scoreChangeSystem, code: 'score-change' }),
  ]);
  for (const rule of rules) {
    await keepInStep(context, rule, observations, firstDay);
  }
}

/** The newest course of this person, running or ended: follow-ups come after its end. */
async function firstDayOfCourse(context: WorkflowContext, patient: string): Promise<string | undefined> {
  const { dayOf } = daysOf(context);
  const plans = await findResources(context.store, 'CarePlan', [byReference('subject', patient)]);
  return plans
    .filter((plan) => isOfCourse(plan) && plan.status !== 'entered-in-error' && plan.status !== 'draft')
    .flatMap(({ period }) => dayOf(period?.start) ?? period?.start ?? [])
    .toSorted()
    .at(-1);
}

async function keepInStep(
  context: WorkflowContext,
  rule: SumRule,
  observations: readonly Observation[],
  firstDay: string,
): Promise<void> {
  const known = new Map(
    observations
      .filter((each) => isChangeOf(each, rule))
      .map((each) => [each.derivedFrom?.[1]?.reference ?? '', each]),
  );
  const published = context.catalogue.library(scoreChangeLibrary);
  const library = (published && canonicalOf(published)) ?? scoreChangeLibrary;
  const days = daysOf(context);
  const timeOf = ({ effectiveDateTime }: Observation) => days.beginOf(effectiveDateTime) ?? 0;
  const totals = observations
    .filter((each) => isUsable(each) && each.code.coding?.some(({ code }) => code === rule.code))
    .toSorted((left, right) => timeOf(left) - timeOf(right));
  const start = startOfTrajectory(totals, firstDay, days)?.observation;
  const later = start ? totals.slice(totals.indexOf(start) + 1) : [];
  for (const now of start ? later : []) {
    const before = known.get(`Observation/${now.id}`);
    known.delete(`Observation/${now.id}`);
    const next = scoreChangeObservation(start ?? now, now, rule.definition, {
      id: before?.id ?? context.newId(),
      issued: context.clock.now().toISOString(),
      library,
    });
    if (next && !before) await createChecked(context, next);
    else if (next && before && contentOf(next) !== contentOf(before)) {
      await updateChecked(context, { ...next, status: 'amended' }, before.meta?.versionId ?? '');
    }
  }
  for (const left of known.values()) {
    if (left.status !== 'entered-in-error') {
      await updateChecked(context, { ...left, status: 'entered-in-error' }, left.meta?.versionId ?? '');
    }
  }
}

const isUsable = ({ status, valueQuantity }: Observation): boolean =>
  ['final', 'amended', 'corrected'].includes(status) && valueQuantity?.value !== undefined;

const isScoreChange = ({ code }: Observation): boolean =>
  code.coding?.some(({ system }) => system === scoreChangeSystem) ?? false;

function isChangeOf(observation: Observation, { url }: SumRule): boolean {
  const canonical = extensionOf(extensionOf(observation, scoreExtension.basis), 'definition')?.valueCanonical;
  return isScoreChange(observation) && canonical !== undefined && parseCanonical(canonical).url === url;
}

/** What the change says, whatever the moment it was computed at and its status. A voided one says nothing. */
function contentOf({ meta: _meta, status, issued: _issued, ...rest }: Observation): string {
  const fields = Object.entries(rest).sort(([left], [right]) => left.localeCompare(right));
  return JSON.stringify([status === 'entered-in-error', fields]);
}
