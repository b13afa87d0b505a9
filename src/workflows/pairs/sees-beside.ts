// Does anything in a person's record, as it is now, lead a practitioner there?
import type { Resource } from '@medplum/fhirtypes';
import { careTiesOf } from '../../fhir/care-ties.ts';
import type { WorkflowContext } from '../context.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { readKnown } from '../resources/read-known.ts';

const tyingTypes = ['CareTeam', 'ServiceRequest', 'Task', 'EpisodeOfCare'] as const;

/** `except` are references ("Task/x") that do not count. */
export async function seesBeside(
  { store }: WorkflowContext,
  patient: string,
  practitioner: string,
  except: ReadonlySet<string> = new Set(),
): Promise<boolean> {
  const tying: Resource[] = [
    (await readKnown(store, 'Patient', patient.slice('Patient/'.length))).resource(),
  ];
  for (const type of tyingTypes) {
    tying.push(...(await findResources(store, type, [byReference('patient', patient)])));
  }
  return tying
    .filter(({ resourceType, id }) => !except.has(`${resourceType}/${id}`))
    .some((each) => careTiesOf(each).some(({ references }) => references.includes(practitioner)));
}
