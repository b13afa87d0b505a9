// The change since a person's own start is stored with each new total, says what it was made of, and can be computed again to the digit.
import type { Observation } from '@medplum/fhirtypes';
import { createResource } from '../../../src/workflows/resources/create-resource.ts';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import { phq15, phq15Adding } from '../instruments/invented-answers.ts';
import { enroll } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn } from './course-world.ts';

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld();
});
afterEach(() => world.close());

const answers = (total: number, authored: string) => ({
  ...phq15(phq15Adding(total)),
  subject: { reference: 'Patient/anna' },
  authored,
});

async function send(total: number, authored: string): Promise<string> {
  const { result } = await createResource(world.contextOf('patient'), answers(total, authored));
  return result.version.id;
}

async function amend(id: string, total: number | 'entered-in-error', authored: string): Promise<void> {
  const sent =
    total === 'entered-in-error'
      ? { ...answers(0, authored), status: 'entered-in-error' as const }
      : { ...answers(total, authored), status: 'amended' as const };
  await updateResource(world.contextOf('therapist'), { ...sent, id }, { mayCreate: false });
}

const isChange = ({ code }: Observation) => code.coding?.[0]?.code === 'score-change';
const changes = async () => (await world.all('Observation')).filter(isChange);
const current = async () => (await changes()).filter(({ status }) => status !== 'entered-in-error');
const values = async () => (await current()).map(({ valueQuantity }) => valueQuantity?.value);

describe('a new total in a course', () => {
  beforeEach(async () => {
    await enroll(world);
  });

  it('comes with its change, the threshold with its source, and the version of the arithmetic', async () => {
    await send(10, '2026-12-18T09:00:00Z');
    const [change] = await changes();
    expect(change).toMatchObject({
      status: 'final',
      valueQuantity: { value: -4, code: '{score}' },
      effectiveDateTime: '2026-12-18T09:00:00Z',
      extension: [{ valueCanonical: 'https://w3id.org/alongside/fhir/Library/score-change|1.1.0' }, {}],
      component: [
        { code: { coding: [{ code: 'minimum-difference' }] }, valueQuantity: { value: 3 } },
        { valueCodeableConcept: { coding: [{ code: 'met' }] } },
        { code: { coding: [{ code: 'band-now' }] } },
      ],
    });
    expect(change?.component?.[0]?.extension?.[0]?.valueRelatedArtifact?.citation).toContain('Axelsson');
    expect(await errorsIn(world, ['Observation'])).toEqual([]);
  });

  it('can be computed again from what it names, to the digit', async () => {
    await send(11, '2026-12-18T09:00:00Z');
    await send(16, '2027-01-18T09:00:00Z');
    const all = await world.all('Observation');
    const byId = (reference: string | undefined) => all.find(({ id }) => `Observation/${id}` === reference);
    for (const change of await changes()) {
      const [start, now] = (change.derivedFrom ?? []).map(({ reference }) => byId(reference));
      expect(change.valueQuantity?.value).toBe(
        (now?.valueQuantity?.value ?? 0) - (start?.valueQuantity?.value ?? 0),
      );
      expect(start?.id).toBe('phq15-at-start');
    }
    expect(await values()).toEqual([-3, 2]);
  });

  it('follows a correction, is voided with its answers, and is never doubled', async () => {
    const id = await send(10, '2026-12-18T09:00:00Z');
    await amend(id, 12, '2026-12-18T09:00:00Z');
    expect(await current()).toMatchObject([{ status: 'amended', valueQuantity: { value: -2 } }]);
    expect((await current())[0]?.component?.[1]).toMatchObject({
      valueCodeableConcept: { coding: [{ code: 'not-met' }] },
    });
    await amend(id, 'entered-in-error', '2026-12-18T09:00:00Z');
    expect(await changes()).toMatchObject([{ status: 'entered-in-error' }]);
  });

  it('is computed anew when a start comes to light that lies nearer to the first day', async () => {
    await send(10, '2026-12-18T09:00:00Z');
    await send(17, '2026-11-19T09:00:00Z');
    expect(await values()).toEqual([-7]);
  });
});

it('has no change outside a course: there is no start', async () => {
  await send(10, '2026-12-18T09:00:00Z');
  expect(await changes()).toEqual([]);
});
