// Reads what waits for a person: open alarm Flags and safety checks, through the service's own eyes, so that nobody passes a gate by not seeing it.
import type { Flag } from '@medplum/fhirtypes';
import type { Catalogue } from '../../content/catalogue.ts';
import { elementSystem } from '../../course/course-codes.ts';
import { type OpenGates, openGates } from '../../course/gates.ts';
import { businessRule } from '../../fhir/error.ts';
import { safetySystem } from '../../fhir/own-names.ts';
import { forEffect, type WorkflowContext } from '../context.ts';
import { conceptsIn } from '../courses/names-of-codes.ts';
import { daysOf } from '../days.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';

/** The gates of one person ("Patient/x"). The context's store is a transaction's. Refused (404) for a person whom the actor does not reach. */
export async function gatesOf(context: WorkflowContext, patient: string): Promise<OpenGates> {
  const { store } = await forEffect(context, 'look-at-gates', patient.replace('Patient/', ''));
  const flags = await findResources(store, 'Flag', [byReference('patient', patient)]);
  const checks = conceptsIn(context.catalogue, safetySystem).flatMap(({ code }) =>
    code === undefined ? [] : [{ system: safetySystem, code }],
  );
  const observations = await findResources(store, 'Observation', [
    byReference('subject', patient),
    byToken('code', ...checks),
  ]);
  return openGates(flags, observations, stopCodes(context.catalogue), daysOf(context));
}

/** The codes of CodeSystem/safety-check whose Flags stop progression. */
export function stopCodes(catalogue: Catalogue): ReadonlySet<string> {
  return new Set(
    conceptsIn(catalogue, safetySystem).flatMap(({ code, property }) => {
      const stops = property?.some((each) => each.code === 'stops-progression' && each.valueBoolean === true);
      return code !== undefined && stops === true ? [code] : [];
    }),
  );
}

/** The safety checks that an element of the therapy waits for. */
export function elementWaitsFor(catalogue: Catalogue, element: string | undefined): readonly string[] {
  const concept = conceptsIn(catalogue, elementSystem).find(({ code }) => code === element);
  return (concept?.property ?? []).flatMap(({ code, valueCoding }) =>
    code === 'waits-for' && valueCoding?.code !== undefined ? [valueCoding.code] : [],
  );
}

/** Refused (422) while a Flag stops the next step. `what` says what waits, such as "no course begins". */
export async function refuseWhileStopped(
  context: WorkflowContext,
  patient: string,
  what: string,
  expression: string,
): Promise<void> {
  const { stopping } = await gatesOf(context, patient);
  if (stopping.length > 0) throw businessRule(`${what} ${whileOpen(stopping)}`, expression);
}

/** "while Flag/x (Alarm sign) is active: ...", with what is to be done. */
export function whileOpen(flags: readonly Flag[]): string {
  const named = flags.map(({ id, code }) => `Flag/${id} (${code.coding?.[0]?.display ?? 'no display'})`);
  const list = named.join(', ');
  return `while ${list} ${flags.length === 1 ? 'is' : 'are'} active: somebody looks first, and support goes on meanwhile. Whoever looked sets the Flag to inactive and says in the extension ${flagOutcomeUrl} what was found or agreed`;
}

export const flagOutcomeUrl = 'https://w3id.org/alongside/fhir/StructureDefinition/flag-outcome';
