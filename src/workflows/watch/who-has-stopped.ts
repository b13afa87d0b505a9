// Who of those that may own a Task has stopped working: what is still open with them waits for nobody. A team is looked at where it owns one.
import type { SearchFilter } from '../../fhir/search-query.ts';
import type { WorkflowContext } from '../context.ts';
import { byInstant, byReference, byToken, pagesOf } from '../resources/find-resources.ts';

const listed = ['Practitioner', 'PractitionerRole', 'Organization', 'HealthcareService'] as const;

const dayMs = 86_400_000;

/** References ("Practitioner/x"). Whether somebody on the list is at work all the same is looked at one by one. */
export async function whoHasStopped({
  store,
  clock,
}: Pick<WorkflowContext, 'store' | 'clock'>): Promise<readonly string[]> {
  const found = new Set<string>();
  const add = async (type: (typeof listed)[number], filter: SearchFilter) => {
    for await (const page of pagesOf(store, type, [filter])) {
      for (const { id } of page) found.add(`${type}/${id}`);
    }
  };
  for (const type of listed) await add(type, byToken('active', { code: 'false' }));
  // A search takes the days of UTC: those of the organisation may be over earlier.
  await add('PractitionerRole', byInstant('date', 'eb', clock.now().getTime() + dayMs));
  const people = [...found].filter((reference) => reference.startsWith('Practitioner/'));
  for (const some of inBatches(people)) await add('PractitionerRole', byReference('practitioner', ...some));
  return [...found];
}

/** One search names no more references than this. */
const batch = 50;

export function inBatches(references: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(references.length / batch) }, (_none, at) =>
    references.slice(at * batch, (at + 1) * batch),
  );
}
