// Which day it is, is decided where the organisation is: a first date may be promised for today there, and not for yesterday.
import type { Bundle, Task } from '@medplum/fhirtypes';
import { type NightOverHttp, nights, said, startNight } from '../support/nights.ts';
import { entries, parameters, to } from '../support/people-over-http.ts';

let people: NightOverHttp;
afterEach(() => people.service.stop());

it.each(nights)('a first date is promised from today on: in %s at %s', async (zone, at, yesterday, today) => {
  people = await startNight(zone, '2026-11-20T09:00:00Z', {
    therapist: ['therapist', 'Practitioner/therapist'],
  });
  for (const id of ['gp', 'therapist']) await people.keep({ resourceType: 'Practitioner', id });
  await people.keep({ resourceType: 'Patient', id: 'anna' });
  const sent = await people.send(
    'post',
    'Patient/anna/$refer',
    'system',
    parameters(to('owner', 'Practitioner/therapist'), to('requester', 'Practitioner/gp'), {
      name: 'explanationGiven',
      valueBoolean: true,
    }),
  );
  const task = entries(sent.body as Bundle).find((each): each is Task => each.resourceType === 'Task');
  people.service.clock.set(at);
  const promise = (date: string) =>
    people.send(
      'put',
      `Task/${task?.id}`,
      'therapist',
      { ...task, status: 'accepted', restriction: { period: { start: date, end: date } } },
      { 'If-Match': 'W/"1"' },
    );
  expect(said(await promise(yesterday))).toEqual([
    422,
    `the promised first date (${yesterday}) has passed: name one that lies ahead`,
  ]);
  expect(said(await promise(today))).toBe(200);
});
