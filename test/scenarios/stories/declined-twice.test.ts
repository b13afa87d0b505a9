// A referral that two candidates decline and a third one lets wait before accepting: at no moment is it nobody's, and the person hears when.
import type { Bundle, Communication, Task } from '@medplum/fhirtypes';
import { change, courseSystem, said, to, whoseTurn } from './story-moves.ts';
import { golden, type Person, type StoryWorld, saidBy, storyWorld } from './story-world.ts';

const candidate = (id: string): Person => ({
  role: 'therapist',
  resource: { resourceType: 'Practitioner', id, name: [{ text: `Invented ${id} candidate` }] },
});

let world: StoryWorld;
beforeAll(async () => {
  world = await storyWorld({
    start: '2026-09-01',
    people: { first: candidate('first'), second: candidate('second'), third: candidate('third') },
  });
});
afterAll(() => world.stop());

const offer = (valueString: string): Partial<Task> => ({
  output: [{ type: { coding: [{ system: courseSystem, code: 'alternative' }] }, valueString }],
});
const taskTo = (resource: unknown, owner: string): string => {
  const found = (resource as Bundle).entry?.find(
    (each) => each.resource?.resourceType === 'Task' && each.resource.owner?.reference === owner,
  );
  if (!found?.resource?.id) throw new Error(`${owner} was not asked`);
  return `Task/${found.resource.id}`;
};
const runStale = async (day: string) => {
  world.goTo(day, '04:00');
  const { set, takenBack } = await world.runJob('escalate-stale-referrals');
  return { set, takenBack };
};
const sweep = async (day: string) => {
  world.goTo(day, '04:40');
  const { set, takenBack } = await world.runJob('sweep-dead-ends');
  return { set, takenBack };
};
const nothing = { set: 0, takenBack: 0 };

it('is declined twice and taken by the third, while the general practitioner always has the next step', async () => {
  const sent = await world.operate(
    'gp',
    'refers to two candidates, with the explanation and how it was received',
    '/Patient/anna/$refer',
    [
      to('owner', 'Practitioner/first'),
      to('owner', 'Practitioner/second'),
      { name: 'explanationGiven', valueBoolean: true },
      said('explanation', 'Body and mind work together, and the alarm of the body stays on.'),
      said('explanationReceived', 'It fits how the weeks go. She wonders about her back.'),
    ],
  );
  const referral = `ServiceRequest/${(sent.resource as Bundle).entry?.[0]?.resource?.id}`;
  const first = taskTo(sent.resource, 'Practitioner/first');
  const second = taskTo(sent.resource, 'Practitioner/second');

  world.goTo('2026-09-03');
  await change<Task>(world, 'first', 'has seen the referral', first, { status: 'received' });
  expect(await runStale('2026-09-07')).toEqual(nothing);
  // A week after it was sent, only the one who was silent is reminded.
  expect(await runStale('2026-09-08')).toEqual({ set: 1, takenBack: 0 });
  expect(await whoseTurn(world, 'Patient/anna')).toContain('referral-waiting Practitioner/second');

  world.goTo('2026-09-08');
  const no = { status: 'rejected', statusReason: { text: 'No place before spring' } } as const;
  const bare = await change<Task>(world, 'second', 'declines without another offer', second, no, 422);
  expect(saidBy(bare)).toContain('declining needs another offer');
  await change<Task>(world, 'second', 'declines with a reason and another offer', second, {
    ...no,
    ...offer('The group that begins in March'),
  });
  // The reminder went with the answer; one candidate is left, so there is nothing for the general practitioner to do yet.
  expect(await whoseTurn(world, 'Patient/anna')).toEqual(['referral Practitioner/first']);
  expect(await runStale('2026-09-09')).toEqual(nothing);

  world.goTo('2026-09-09');
  await change<Task>(world, 'first', 'declines with a reason and another offer', first, {
    status: 'rejected',
    statusReason: { text: 'Too far for her to travel' },
    ...offer('A colleague in her own town'),
  });
  const steps = await world.find<Task>('/Task?patient=Patient/anna&code=next-step');
  expect(steps).toMatchObject([{ status: 'requested', owner: { reference: 'Practitioner/gp' } }]);
  expect(steps[0]?.restriction?.period?.end).toBeDefined();
  // The sweep finds her in good hands while somebody has the step; ticked off without anything agreed, it is put back on the table.
  expect(await sweep('2026-09-11')).toEqual(nothing);
  world.goTo('2026-09-11');
  await change<Task>(world, 'gp', 'ticks the next step off', `Task/${steps[0]?.id}`, { status: 'completed' });
  expect(await sweep('2026-09-12')).toEqual({ set: 1, takenBack: 0 });
  expect(await whoseTurn(world, 'Patient/anna')).toEqual(['no-next-step Practitioner/gp']);
  expect(await sweep('2026-09-13')).toEqual(nothing);

  world.goTo('2026-09-14');
  const again = await world.operate('gp', 'asks the colleague in her own town', '/Patient/anna/$refer', [
    to('referral', referral),
    to('owner', 'Practitioner/third'),
  ]);
  const third = taskTo(again.resource, 'Practitioner/third');
  expect(await sweep('2026-09-15')).toEqual({ set: 0, takenBack: 1 });

  expect(await runStale('2026-09-20')).toEqual(nothing);
  expect(await runStale('2026-09-21')).toEqual({ set: 1, takenBack: 0 });
  expect(await whoseTurn(world, 'Patient/anna')).toEqual([
    'referral Practitioner/third',
    'referral-waiting Practitioner/third',
  ]);
  // Another week of silence, and whoever referred may choose how to go on.
  expect(await runStale('2026-09-28')).toEqual({ set: 1, takenBack: 0 });
  expect(await whoseTurn(world, 'Patient/anna')).toContain('referral-waiting Practitioner/gp');

  world.goTo('2026-09-29');
  await change<Task>(world, 'third', 'accepts, and promises when', third, {
    status: 'accepted',
    restriction: { period: { start: '2026-10-12', end: '2026-10-19' } },
  });
  expect(await whoseTurn(world, 'Patient/anna')).toEqual(['referral Practitioner/third']);
  expect(await runStale('2026-09-30')).toEqual(nothing);
  expect(await sweep('2026-10-05')).toEqual(nothing);

  // She can see when; who declined sees her record no more, and who accepted sees how the explanation was received.
  const promised = await world.ask('patient', { method: 'GET', path: `/${third}` });
  expect(promised.resource).toMatchObject({
    restriction: { period: { start: '2026-10-12', end: '2026-10-19' } },
  });
  for (const who of ['first', 'second']) {
    expect((await world.ask(who, { method: 'GET', path: '/Patient/anna' })).status).toBe(404);
  }
  const told = await world.find<Communication>('/Communication?patient=Patient/anna', 'third');
  expect(JSON.stringify(told)).toContain('She wonders about her back.');
  golden('declined-twice', { steps: world.steps, end: await world.ending('gp', []) });
});
