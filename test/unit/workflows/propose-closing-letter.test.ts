// The letter that is proposed at the end of a course: valid, from what is on record, and nothing is stored.
import type { Composition } from '@medplum/fhirtypes';
import { carePlanClosingLetter } from '../../../src/rest/operations/care-plan-closing-letter.ts';
import { complete, enroll, goal, group, integer, reference, string } from './course-steps.ts';
import { type CourseWorld, courseWorld, phq15, refusalOf, validator } from './course-world.ts';

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld();
});
afterEach(() => world.close());

const textOf = (letter: Composition): readonly (string | undefined)[] =>
  (letter.section ?? []).map(({ text }) => text?.div);

async function proposed(id: string): Promise<Composition> {
  const { resource } = await world.call(carePlanClosingLetter, 'therapist', id, []);
  if (resource.resourceType !== 'Composition') throw new Error('no Composition');
  return resource;
}

it('tells what was done, where goals and scores stand beside the own start, and leaves a place for what comes next', async () => {
  const { carePlan, goals } = await enroll(world, integer('sessions', 6), goal('Walk <far> & "back"'));
  await complete(world, carePlan, [
    integer('minutes', 45),
    group('element', string('code', 'education'), integer('minutes', 20)),
    group('goalProgress', reference('goal', `Goal/${goals[0]?.id}`), integer('gas', 0)),
  ]);
  await world.store.create(phq15('anna', 11, '2026-11-25T09:00:00Z'), { id: 'phq15-later' });
  const before = (await world.all('Composition')).length;
  const letter = await proposed(carePlan.id ?? '');
  expect(textOf(letter)).toEqual([
    '<div xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en"><p>1 session, 45 minutes together.</p><p>Psychosomatic education: 20 minutes.</p></div>',
    '<div xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en"><p>&quot;Walk &lt;far&gt; &amp; &quot;back&quot;&quot;: as expected.</p><p>Patient Health Questionnaire 15 (PHQ-15): 14 at the start, 11 now (published threshold of change: 3).</p></div>',
    '<div xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en"><p>The general practitioner and the person talk about what the course brought and what follows. Who stays responsible, and when you are in touch: to be written with the person.</p></div>',
  ]);
  expect(letter).toMatchObject({
    status: 'preliminary',
    subject: { reference: 'Patient/anna' },
    author: [{ reference: 'Practitioner/therapist' }],
  });
  const errors = validator.validate(letter).filter(({ severity }) => severity === 'error');
  expect(errors).toEqual([]);
  expect(await world.all('Composition')).toHaveLength(before);
});

it('is there before anything was held, and not for a plan that is not known', async () => {
  const { carePlan } = await enroll(world, integer('sessions', 6));
  expect(textOf(await proposed(carePlan.id ?? ''))[0]).toContain('No session has been recorded yet.');
  expect((await refusalOf(world.call(carePlanClosingLetter, 'therapist', 'nobody', []))).status).toBe(404);
});
