// Who is called in for a person: the first general practitioner named in the record who is active, a person before an organisation.
// Somebody who has stopped working is not the one who looks.
import type { Patient } from '@medplum/fhirtypes';
import type { CalledIn } from '../../continuity/alarm-resources.ts';
import { localReference } from '../../fhir/reference.ts';
import type { WorkflowContext } from '../context.ts';
import { type Looking, lookingFor, standingOf, whoStillWorks } from '../watch/who-still-works.ts';

const types = ['Practitioner', 'PractitionerRole', 'Organization'] as const;

/** One whom this server does not know may still be somebody who signs in here: called when nobody else is, and the Task says so. */
export async function whoIsCalledIn(
  looking: Looking,
  { generalPractitioner = [] }: Patient,
): Promise<CalledIn> {
  const named = generalPractitioner.flatMap(({ reference }) => localReference(reference) ?? []);
  let isOneInactive = false;
  let unknown: string | undefined;
  for (const type of types) {
    for (const reference of named.filter((each) => each.startsWith(`${type}/`))) {
      const standing = await standingOf(looking, type, reference.slice(type.length + 1));
      if (standing === 'active') return { kind: 'owner', owner: { reference } };
      if (standing === 'inactive') isOneInactive = true;
      else unknown ??= reference;
    }
  }
  if (unknown !== undefined) return { kind: 'owner', owner: { reference: unknown }, isUnknown: true };
  const whyNobody = isOneInactive ? 'inactive' : 'elsewhere';
  return { kind: 'nobody', why: generalPractitioner.length === 0 ? 'none-named' : whyNobody };
}

/**
 * The one door for whatever the service puts before somebody: the first of these ("Practitioner/x") who has not stopped working, else the
 * general practitioner of the patient whom it is about. What is about a group or a practitioner has nobody else.
 */
export async function whoTakesItOn(
  context: WorkflowContext,
  about: string,
  ...named: readonly (string | undefined)[]
): Promise<CalledIn> {
  const reference = await whoStillWorks(context, about, ...named);
  if (reference !== undefined) return { kind: 'owner', owner: { reference } };
  const [type, id] = about.split('/');
  const nobody = { kind: 'nobody', why: 'none-named' } as const;
  if (type !== 'Patient' || !id) return nobody;
  const looking = await lookingFor(context, about);
  const read = await looking.store.read<Patient>('Patient', id);
  return read.kind === 'found' ? whoIsCalledIn(looking, read.version.resource()) : nobody;
}

/** The same by name; undefined when there is nobody: a Task that is nobody's by name is found as such. */
export async function whoTakesOn(...asked: Parameters<typeof whoTakesItOn>): Promise<string | undefined> {
  const called = await whoTakesItOn(...asked);
  return called.kind === 'owner' ? called.owner?.reference : undefined;
}
