// What plans and forms call today, and what a date alone says about now, is counted where the organisation is.
import type {
  Bundle,
  CarePlan,
  Encounter,
  Goal,
  Group,
  Parameters,
  PlanDefinition,
  Questionnaire,
} from '@medplum/fhirtypes';
import { type NightOverHttp, nights, said, startNight } from '../support/nights.ts';
import { type PeopleOverHttp, parameters, to } from '../support/people-over-http.ts';
import { lookBack, unit, weightCode } from '../unit/sdc/invented-forms.ts';

let people: NightOverHttp;
const send: PeopleOverHttp['send'] = (...asked) => people.send(...asked);
afterEach(() => people.service.stop());

describe.each(nights)('in %s at %s', (zone, at, yesterday, today, tomorrow) => {
  beforeEach(async () => {
    people = await startNight(zone, at, { gp: ['gp', 'Practitioner/gp'] });
    await people.keep({ resourceType: 'Practitioner', id: 'gp' });
  });

  /** Somebody who was born so many years before this day. */
  const born = (day: string, years: number, id = 'anna') =>
    people.keep({
      resourceType: 'Patient',
      id,
      birthDate: `${Number(day.slice(0, 4)) - years}${day.slice(4)}`,
      generalPractitioner: [{ reference: 'Practitioner/gp' }],
    });

  it('a proposed goal starts today, and is due by then and so long', async () => {
    await born(today, 40);
    const plan: PlanDefinition = {
      resourceType: 'PlanDefinition',
      id: 'invented',
      status: 'active',
      url: 'https://example.org/goals',
      goal: [
        {
          id: 'walk',
          description: { text: 'Walk' },
          target: [{ due: { value: 1, unit: 'month', system: 'http://unitsofmeasure.org', code: 'mo' } }],
        },
      ],
      action: [{ id: 'a', title: 'Walk together', goalId: ['walk'] }],
    };
    await people.keep(plan);
    const answer = await send('get', 'PlanDefinition/invented/$apply?subject=Patient/anna', 'gp');
    expect(said(answer)).toBe(200);
    const goal = (answer.body as CarePlan).contained?.find(
      (each): each is Goal => each.resourceType === 'Goal',
    );
    expect([goal?.startDate, goal?.target?.[0]?.dueDate]).toEqual([
      today,
      today.replace('-12-', '-01-').replace('2026', '2027'),
    ]);
  });

  it.each([
    ['today', 'met'],
    ['tomorrow', 'not-met'],
  ])('whoever comes of age %s: the condition is %s', async (birthday, verdict) => {
    await born(birthday === 'today' ? today : tomorrow, 18);
    const answer = await send('get', 'PlanDefinition/pss-eligibility/$explain?subject=Patient/anna', 'gp');
    expect(said(answer)).toBe(200);
    expect(conditionOf(answer.body, '%patient.birthDate + 18 years <= %today')).toEqual([verdict]);
  });

  it.each([
    ['today', 'met'],
    ['tomorrow', 'unknown'],
  ])('contacts whose day alone is known, of %s: the condition is %s', async (day, verdict) => {
    await born(yesterday, 40);
    for (const number of [1, 2, 3, 4, 5]) {
      const contact: Encounter = {
        resourceType: 'Encounter',
        id: `contact-${number}`,
        status: 'finished',
        class: { code: 'AMB' },
        subject: { reference: 'Patient/anna' },
        period: { start: day === 'today' ? today : tomorrow },
      };
      await people.keep(contact);
    }
    const answer = await send('get', 'PlanDefinition/pss-eligibility/$explain?subject=Patient/anna', 'gp');
    expect(conditionOf(answer.body, '%contacts12Months')).toEqual([verdict]);
  });

  it('a form is filled with the date of today, and with what was measured today', async () => {
    await born(yesterday, 40);
    const filled = async (id: string) => {
      const answer = await send('get', `Questionnaire/${id}/$populate?subject=Patient/anna`, 'gp');
      expect(said(answer)).toBe(200);
      const { parameter: [response] = [] } = answer.body as Parameters;
      return JSON.stringify(response?.resource ?? answer.body);
    };
    expect(await filled('referral-form')).toContain(`"valueDate":"${today}"`);
    const form: Questionnaire = {
      resourceType: 'Questionnaire',
      id: 'invented',
      status: 'active',
      item: [
        { linkId: 'weight', type: 'decimal', code: [weightCode], extension: [lookBack(2, 'd'), unit('kg')] },
      ],
    };
    await people.keep(form);
    const weighed = (id: string, effectiveDateTime: string, value: number) =>
      people.keep({
        resourceType: 'Observation',
        id,
        status: 'final',
        code: { coding: [weightCode] },
        subject: { reference: 'Patient/anna' },
        effectiveDateTime,
        valueQuantity: { value, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
      });
    await weighed('to-come', new Date(Date.parse(at) + 60_000).toISOString(), 72);
    await weighed('tomorrow', tomorrow, 73);
    await weighed('now', today, 71);
    expect(await filled('invented')).toContain('"valueDecimal":71');
  });

  it('a role and a place in a group last as long as their last day', async () => {
    for (const [id, end] of [
      ['ended', yesterday],
      ['ending', today],
    ] as const) {
      await born(today, 40, id);
      await people.keep({
        resourceType: 'PractitionerRole',
        id,
        active: true,
        period: { end },
        practitioner: { reference: 'Practitioner/gp' },
      });
    }
    const refer = (role: string) =>
      send(
        'post',
        'Patient/ending/$refer',
        'system',
        parameters(to('owner', `PractitionerRole/${role}`), to('requester', 'Practitioner/gp'), {
          name: 'explanationGiven',
          valueBoolean: true,
        }),
      );
    expect(said(await refer('ended'))).toEqual([422, expect.stringContaining('PractitionerRole/ended')]);
    expect(said(await refer('ending'))).toBe(201);
    const group: Group = {
      resourceType: 'Group',
      id: 'invented',
      type: 'person',
      actual: true,
      member: [
        { entity: { reference: 'Patient/ended' }, period: { end: yesterday } },
        { entity: { reference: 'Patient/ending' }, period: { end: today } },
      ],
    };
    await people.keep(group);
    const path = 'PlanDefinition/pss-pathway/$apply?subject=Group/invented&expand=members';
    const applied = (await send('get', path, 'system')).body as Bundle | CarePlan;
    expect(JSON.stringify(applied)).toContain('Patient/ending');
    expect(JSON.stringify(applied)).not.toContain('Patient/ended');
  });
});

/** What $explain says of the conditions whose text has these words. */
function conditionOf(body: unknown, words: string): readonly string[] {
  const parts = (each: { readonly part?: readonly object[]; readonly parameter?: readonly object[] }) =>
    (each.part ?? each.parameter ?? []) as readonly Condition[];
  const walk = (each: Condition): readonly string[] => [
    ...(parts(each).some(({ valueString, valueExpression }) =>
      (valueExpression?.expression ?? valueString ?? '').includes(words),
    )
      ? parts(each).flatMap(({ name, valueCode }) => (name === 'verdict' && valueCode ? [valueCode] : []))
      : []),
    ...parts(each).flatMap(walk),
  ];
  return [...new Set(walk(body as Condition))];
}

interface Condition {
  readonly name?: string;
  readonly part?: readonly object[];
  readonly parameter?: readonly object[];
  readonly valueCode?: string;
  readonly valueString?: string;
  readonly valueExpression?: { readonly expression?: string };
}
