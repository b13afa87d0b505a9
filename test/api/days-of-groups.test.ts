// The days of a group and of pairs are those of the organisation: when its course begins, what it offers, who was in it, when people agreed.
import type { Bundle, CarePlan, Group, Resource, ServiceRequest, Task } from '@medplum/fhirtypes';
import { addDays } from '../../src/course/calendar.ts';
import { type NightOverHttp, nights, said, startNight } from '../support/nights.ts';
import { addPairs, pairsCall, pairTokens } from '../support/pairs-over-http.ts';
import { entries, type PeopleOverHttp, parameters, to } from '../support/people-over-http.ts';

let people: NightOverHttp;
const send: PeopleOverHttp['send'] = (...asked) => people.send(...asked);
afterEach(() => people.service.stop());

const leaders = ['leader-1', 'leader-2'];
const members = Array.from({ length: 8 }, (_, at) => `member-${at + 1}`);

describe.each(nights)('in %s at %s', (zone, at, yesterday, today, tomorrow) => {
  describe('a group', () => {
    beforeEach(async () => {
      people = await startNight(zone, at);
      for (const id of leaders) await people.keep({ resourceType: 'Practitioner', id });
      for (const id of members) await people.keep({ resourceType: 'Patient', id });
    });

    const started = async (...more: readonly object[]) => {
      const begun = await send(
        'post',
        'PlanDefinition/prop-programme/$start-group',
        'system',
        parameters(
          ...leaders.map((id) => to('leader', `Practitioner/${id}`)),
          ...members.map((id) => to('member', `Patient/${id}`)),
          ...more,
        ),
      );
      expect(said(begun)).toBe(201);
      const made = entries(begun.body as Bundle);
      const of = (type: Resource['resourceType']) => made.filter(({ resourceType }) => resourceType === type);
      return {
        plans: of('CarePlan') as readonly CarePlan[],
        first: (of('ServiceRequest') as readonly ServiceRequest[])[0],
      };
    };
    const call = async (plan: CarePlan | undefined, operation: string, ...parameter: readonly object[]) => {
      const path = `CarePlan/${plan?.id}`;
      const version = String((await send('get', path, 'system')).headers['etag']);
      return send('post', `${path}/$${operation}`, 'system', parameters(...parameter), {
        'If-Match': version,
      });
    };

    it('begins today, offers a day of their own from today, and has who leaves until today', async () => {
      const { plans, first } = await started();
      const [whole, own] = plans;
      expect([whole?.period?.start, own?.period?.start, first?.occurrenceDateTime]).toEqual([
        today,
        today,
        today,
      ]);
      const [episode] = (await people.search('EpisodeOfCare?patient=member-1', 'system')) as readonly {
        readonly status?: string;
      }[];
      expect(episode?.status).toBe('active');
      const held = await call(
        whole,
        'group-day-complete',
        { name: 'minutes', valueInteger: 20 },
        ...members.map((id) => ({
          name: 'attendance',
          part: [
            to('member', `Patient/${id}`),
            { name: 'presence', valueCode: id === 'member-1' ? 'absent-with-notice' : 'present' },
          ],
        })),
      );
      expect(said(held)).toBe(201);
      const [offer] = (await people.search('Task?code=make-up-offer', 'system')) as readonly Task[];
      expect(offer?.executionPeriod).toEqual({ start: today, end: addDays(today, 14) });
      const makeUp = (day: string) =>
        call(own, 'make-up-day', to('offer', `Task/${offer?.id}`), { name: 'date', valueDate: day });
      expect(said(await makeUp(yesterday))).toEqual([
        422,
        `a day to make up is planned, and ${yesterday} has passed: agree on ${today} or later ("date")`,
      ]);
      expect(said(await makeUp(today))).toBe(201);
      const left = await call(
        whole,
        'group-member',
        { name: 'action', valueCode: 'leave' },
        to('member', 'Patient/member-2'),
      );
      expect(said(left)).toBe(200);
      const group = (await send('get', whole?.subject.reference ?? '', 'system')).body as Group;
      const [gone] = (group.member ?? []).filter(({ inactive }) => inactive);
      expect(gone?.period).toEqual({ start: today, end: today });
    });

    it('meets on the day that an instant is there, whatever zone it is written in', async () => {
      const instant = at.replace('T23:30:00Z', 'T18:30:00-05:00').replace('T04:30:00Z', 'T05:30:00+01:00');
      expect(Date.parse(instant)).toBe(Date.parse(at));
      const { plans } = await started(
        { name: 'day', valueDateTime: instant },
        ...[1, 2, 3, 4, 5, 6, 7].map((weeks) => ({ name: 'day', valueDate: addDays(today, weeks * 7) })),
        { name: 'datesReason', valueString: 'By the house' },
      );
      expect(plans.map(({ period }) => period?.start)).toEqual(plans.map(() => today));
    });
  });

  it('both of a pair agreed by today, and not tomorrow', async () => {
    people = await startNight(zone, at, pairTokens);
    await addPairs(people);
    const begin = (day: string) =>
      send(
        'post',
        'PlanDefinition/joint-course/$start-pairs',
        'firstInstructor',
        JSON.parse(JSON.stringify(pairsCall).replaceAll('2020-01-10', day)) as object,
      );
    expect(said(await begin(tomorrow))).toEqual([
      422,
      `the consent of Patient/patient-1 (${tomorrow}) lies ahead: begin when it is given`,
    ]);
    expect(said(await begin(today))).toBe(201);
  });
});
