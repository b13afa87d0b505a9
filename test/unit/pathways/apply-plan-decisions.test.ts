// What $apply carries and what it refuses, one point after the other on which implementations differ: every code, every unit, every type of timing.
import type {
  ActivityDefinition,
  CarePlan,
  Goal,
  Group,
  PlanDefinition,
  PlanDefinitionAction,
  RequestGroup,
  RequestGroupAction,
  Resource,
} from '@medplum/fhirtypes';
import type { ApplyInput } from '../../../src/pathways/apply-plan.ts';
import { dueDate } from '../../../src/pathways/due-date.ts';
import { explainPlan } from '../../../src/pathways/explain-plan.ts';
import { anna, applied, catalogue, inputFor, problemsOf } from './plan-world.ts';

const url = 'https://example.org/decisions';

function planOf(action: readonly PlanDefinitionAction[], more: Partial<PlanDefinition> = {}): PlanDefinition {
  return {
    resourceType: 'PlanDefinition',
    status: 'active',
    url,
    version: '1',
    action: [...action],
    ...more,
  };
}

function proposed(plan: PlanDefinition, more: Partial<ApplyInput> = {}) {
  const { resource, issues } = applied(plan, [], more);
  expect(problemsOf(resource)).toEqual([]);
  const carePlan = resource as CarePlan;
  const [group, ...others] = carePlan.contained ?? [];
  return {
    carePlan,
    actions: (group as RequestGroup).action ?? [],
    others,
    issues: issues.map(({ severity, diagnostics }) => `${severity} ${diagnostics ?? ''}`),
  };
}

const fhirPath = (expression: string) => ({ language: 'text/fhirpath' as const, expression });
const condition = (
  kind: 'applicability' | 'start' | 'stop',
  expression: string,
): NonNullable<PlanDefinitionAction['condition']>[number] => ({ kind, expression: fhirPath(expression) });
const ucum = (value: number, code: string) => ({
  value,
  unit: code,
  system: 'http://unitsofmeasure.org',
  code,
});

describe('behaviours are carried, each with each of its codes', () => {
  it.each<Partial<PlanDefinitionAction>>([
    ...(['visual-group', 'logical-group', 'sentence-group'] as const).map((groupingBehavior) => ({
      groupingBehavior,
    })),
    ...(['any', 'all', 'all-or-none', 'exactly-one', 'at-most-one', 'one-or-more'] as const).map(
      (selectionBehavior) => ({ selectionBehavior }),
    ),
    ...(['must', 'could', 'must-unless-documented'] as const).map((requiredBehavior) => ({
      requiredBehavior,
    })),
    ...(['yes', 'no'] as const).map((precheckBehavior) => ({ precheckBehavior })),
    ...(['single', 'multiple'] as const).map((cardinalityBehavior) => ({ cardinalityBehavior })),
  ])('%j', (behaviour) => {
    const parts: PlanDefinitionAction[] = [{ id: 'x', ...behaviour }, { id: 'y' }];
    const { actions, issues } = proposed(planOf([{ id: 'g', ...behaviour, action: parts }]));
    expect(actions[0]).toMatchObject({
      id: 'g',
      ...behaviour,
      action: [{ id: 'x', ...behaviour }, { id: 'y' }],
    });
    expect(issues).toEqual([]);
  });
});

describe('relations are carried, with their offset as it was written', () => {
  const relationships = [
    'before-start',
    'before',
    'before-end',
    'concurrent-with-start',
    'concurrent',
    'concurrent-with-end',
    'after-start',
    'after',
    'after-end',
  ] as const;
  it.each(relationships)('%s', (relationship) => {
    const relatedAction = [{ actionId: 'a', relationship }];
    expect(proposed(planOf([{ id: 'a' }, { id: 'b', relatedAction }])).actions[1]?.relatedAction).toEqual(
      relatedAction,
    );
  });

  it.each(['s', 'min', 'h', 'd', 'wk', 'mo', 'a'])('an offset and a range in %s', (code) => {
    const relatedAction: PlanDefinitionAction['relatedAction'] = [
      { actionId: 'a', relationship: 'after-end', offsetDuration: ucum(2, code) },
      {
        actionId: 'a',
        relationship: 'before-end',
        offsetRange: { low: ucum(1, code), high: ucum(3, code) },
      },
    ];
    const plan = planOf([{ id: 'a' }, { id: 'b', relatedAction: relatedAction.slice(0, 1) }]);
    expect(proposed(plan).actions[1]?.relatedAction).toEqual(relatedAction.slice(0, 1));
    const ranged = planOf([{ id: 'a' }, { id: 'b', relatedAction: relatedAction.slice(1) }]);
    expect(proposed(ranged).actions[1]?.relatedAction).toEqual(relatedAction.slice(1));
  });

  it('to nothing in the plan are told as an error, to what was left out as a warning', () => {
    const related = (actionId: string) => [{ actionId, relationship: 'after' as const }];
    const { actions, issues } = proposed(
      planOf([
        { id: 'a', condition: [condition('applicability', 'false')] },
        { id: 'b', relatedAction: [...related('a'), ...related('nowhere')] },
      ]),
    );
    expect(actions.map(({ id, relatedAction }) => [id, relatedAction])).toEqual([['b', undefined]]);
    expect(issues).toEqual([
      'warning b: "a" was left out, so when this comes has to be agreed',
      'error b: relates to "nowhere", which the plan does not have',
    ]);
  });
});

describe('timing is copied as it stands', () => {
  it.each<Partial<PlanDefinitionAction>>([
    { timingDateTime: '2026-12-01' },
    { timingAge: ucum(18, 'a') },
    { timingPeriod: { start: '2026-12-01', end: '2026-12-24' } },
    { timingDuration: ucum(45, 'min') },
    { timingRange: { low: ucum(30, 'min'), high: ucum(45, 'min') } },
    { timingTiming: { repeat: { frequency: 1, period: 1, periodUnit: 'wk' } } },
  ])('%j', (timing) => {
    expect(proposed(planOf([{ id: 'a', ...timing }])).actions[0]).toMatchObject(timing);
  });
});

it('prefix, title, description, text, priority, code and type are carried', () => {
  const carried = {
    id: 'a',
    prefix: '1.',
    title: 'Talk',
    description: 'Talk about the week',
    textEquivalent: 'Take a quarter of an hour to talk',
    priority: 'urgent' as const,
    code: [{ text: 'Talking' }],
    type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/action-type', code: 'create' }] },
  };
  expect(proposed(planOf([carried])).actions[0]).toMatchObject(carried);
});

describe('participants', () => {
  it('are the person, and a role for each role, once in a proposal', () => {
    const role = { text: 'Guide' };
    const participant: PlanDefinitionAction['participant'] = [
      { type: 'patient' },
      { type: 'practitioner', role },
    ];
    const { actions, others } = proposed(
      planOf([
        { id: 'a', participant },
        { id: 'b', participant },
      ]),
    );
    const roles = others.filter(({ resourceType }) => resourceType === 'PractitionerRole');
    expect(roles).toMatchObject([{ code: [role] }]);
    const expected = [{ reference: 'Patient/anna' }, { reference: `#${roles[0]?.id ?? ''}` }];
    expect(actions.map((action) => action.participant)).toEqual([expected, expected]);
  });

  it('that have no place are told, never dropped in silence', () => {
    expect(
      proposed(
        planOf([
          {
            id: 'a',
            participant: [{ type: 'related-person' }, { type: 'device' }, { type: 'practitioner' }],
          },
        ]),
      ).issues,
    ).toEqual([
      'warning a: related-person is not carried as a participant',
      'warning a: device is not carried as a participant',
      'warning a: a practitioner without a role is not carried as a participant',
    ]);
  });
});

describe('conditions', () => {
  it('to start and to stop are carried and leave nothing out; those of applicability are judged and not carried', () => {
    const [start, stop] = [condition('start', 'false'), condition('stop', 'true')];
    const { actions, issues } = proposed(
      planOf([{ id: 'a', condition: [start, condition('applicability', 'true'), stop] }]),
    );
    expect(actions[0]?.condition).toEqual([start, stop]);
    expect(issues).toEqual([]);
  });

  it.each<[readonly string[], string, readonly string[]]>([
    [['true', 'true'], 'met', []],
    [['true', 'false'], 'not-met', []],
    [['false', '{}'], 'not-met', []],
    [['true', '{}'], 'unknown', ['warning a: could not be decided: the data do not decide it']],
    [
      ['true', '5'],
      'unknown',
      ['error a: could not be decided: the expression gave no single true or false'],
    ],
    [
      ['true | false'],
      'unknown',
      ['error a: could not be decided: the expression gave no single true or false'],
    ],
    [
      ["'x' + 1"],
      'unknown',
      [expect.stringMatching(/^error a: could not be decided: the expression failed: /)],
    ],
  ])('%j together are %s', (expressions, verdict, issues) => {
    const plan = planOf([
      { id: 'a', condition: expressions.map((each) => condition('applicability', each)) },
    ]);
    const result = proposed(plan);
    expect(result.issues.filter((issue) => !issue.startsWith('information'))).toEqual(issues);
    expect(result.actions.map(({ id, extension }) => (extension ? `${id ?? ''} ?` : id))).toEqual(
      { met: ['a'], 'not-met': [], unknown: ['a ?'] }[verdict],
    );
    const trace = explainPlan(inputFor(plan, [])).parameter?.find(({ name }) => name === 'action');
    expect(trace?.part?.find(({ name }) => name === 'verdict')?.valueCode).toBe(verdict);
  });
});

describe('targets are drafts and options, whatever the definition says', () => {
  it.each<[ActivityDefinition['kind'], Partial<Resource> & Record<string, unknown>]>([
    ['ServiceRequest', { resourceType: 'ServiceRequest', status: 'draft', intent: 'option' }],
    ['Task', { resourceType: 'Task', status: 'draft', intent: 'option' }],
    ['CommunicationRequest', { resourceType: 'CommunicationRequest', status: 'draft' }],
    ['Appointment', { resourceType: 'Appointment', status: 'proposed' }],
    ['MedicationRequest', { resourceType: 'Task', status: 'draft', intent: 'option' }],
  ])('%s', (kind, target) => {
    const definition: ActivityDefinition = {
      resourceType: 'ActivityDefinition',
      status: 'active',
      url: 'https://example.org/act',
      version: '3',
      ...(kind && { kind }),
      intent: 'order',
    };
    const plan = planOf([{ id: 'a', definitionCanonical: 'https://example.org/act' }]);
    const { others, actions } = proposed(plan, { definitions: { definition: () => definition } });
    expect(others[0]).toMatchObject(target);
    expect(JSON.stringify(others[0])).toContain('https://example.org/act|3');
    expect(actions[0]?.resource).toEqual({ reference: `#${others[0]?.id ?? ''}` });
  });
});

describe('a dynamic value', () => {
  const withValue = (path: string, expression: string) =>
    proposed(
      planOf([{ id: 'a', title: 'Talk', dynamicValue: [{ path, expression: fhirPath(expression) }] }]),
    );

  it.each<[string, string, Partial<RequestGroupAction>]>([
    ['action.title', "'Walk'", { title: 'Walk' }],
    ['%action.description', "'Walk to the lake'", { description: 'Walk to the lake' }],
    ['%action.timing.ofType(dateTime)', '%today', { timingDateTime: '2026-11-20' }],
    ['action.priority', "'stat'", { priority: 'stat' }],
  ])('is written into the action: %s', (path, expression, action) => {
    const { actions, issues } = withValue(path, expression);
    expect(actions[0]).toMatchObject(action);
    expect(issues).toEqual([]);
  });

  it.each<[string, string, Record<string, unknown>]>([
    ['%description', "'For ' & %subject.id", { description: 'For anna' }],
    ['executionPeriod.start', '%now', { executionPeriod: { start: '2026-11-20T10:00:00.000+01:00' } }],
    ['restriction.repetitions', '2 + 1', { restriction: { repetitions: 3 } }],
    ['note[0].text', "'Agreed'", { note: [{ text: 'Agreed' }] }],
  ])('is written into the request: %s', (path, expression, task) => {
    const { resource } = applied(
      planOf([{ id: 'a', dynamicValue: [{ path, expression: fhirPath(expression) }] }]),
      [],
    );
    expect((resource as CarePlan).contained?.[1]).toMatchObject(task);
  });

  it.each([
    ['description', '5', '"description": the value is no string'],
    ['priority', 'true', '"priority": the value is no code'],
    ['restriction.repetitions', '0 - 1', '"restriction.repetitions": the value is no positiveInt'],
    ['executionPeriod.start', "'soon'", '"executionPeriod.start": the value is no dateTime'],
    ['executionPeriod', "'today'", '"executionPeriod": the value is no Period'],
    ['executionPeriod.start', "'2026-13-45'", '"executionPeriod.start": the value is no dateTime'],
    [
      'priority',
      "'soonish'",
      '"priority": Task.priority: "soonish" is not in the required value set http://hl7.org/fhir/ValueSet/request-priority. Allowed: routine, urgent, asap, stat',
    ],
    [
      'action.requiredBehavior',
      "'may'",
      '"action.requiredBehavior": RequestGroup.action[0].requiredBehavior: "may" is not in the required value set http://hl7.org/fhir/ValueSet/action-required-behavior. Allowed: must, could, must-unless-documented',
    ],
    [
      'input[0].value.ofType(boolean)',
      'true',
      '"input[0].value.ofType(boolean)": Task.input[0].type: Missing required property',
    ],
    ['text.div', "'<script>'", '"text.div": Task.text.div: txt-1: The element script is not permitted.'],
    ['implicitRules', "'https://example.org'", "implicitRules is not the plan's to set"],
    ['action.relatedAction[0].actionId', "'b'", "relatedAction is not the plan's to set"],
    ['focus.reference', "'#b'", '"focus.reference": a reference to something inside of the answer'],
    ['action.resource', "'Task/x'", "resource is not the plan's to set"],
    ['action.action[0].title', "'x'", "action is not the plan's to set"],
    ['nowhere', "'x'", '"nowhere": Task has no nowhere'],
    ['action.nowhere', "'x'", '"nowhere": RequestGroup.action has no nowhere'],
    ['action.title', '5', '"title": the value is no string'],
    ['status', "'completed'", "status is not the plan's to set"],
    ['for.reference', "'Patient/other'", "for is not the plan's to set"],
    ['description.where(true)', "'x'", '"description.where(true)" is no simple FHIRPath'],
  ])('of the wrong type or place is told and not written: %s = %s', (path, expression, why) => {
    const { others, actions, issues } = withValue(path, expression);
    expect(issues).toEqual([`error a: a dynamic value was not written: ${why}`]);
    const plain = proposed(planOf([{ id: 'a', title: 'Talk' }]));
    expect(others[0]).toEqual(plain.others[0]);
    expect(actions).toEqual(plain.actions);
  });

  it('is written together with what it needs beside it', () => {
    const { resource, issues } = applied(
      planOf([
        {
          id: 'a',
          dynamicValue: [
            { path: 'input[0].type.text', expression: fhirPath("'How often'") },
            { path: 'input[0].value.ofType(integer)', expression: fhirPath('3') },
          ],
        },
      ]),
      [],
    );
    expect((resource as CarePlan).contained?.[1]).toMatchObject({
      input: [{ type: { text: 'How often' }, valueInteger: 3 }],
    });
    expect(issues).toEqual([]);
  });

  it('whose expression fails is told', () => {
    const { issues } = withValue('description', "'x' + 1");
    expect(issues).toEqual([
      'error a: a dynamic value was not written: "description": the expression failed: Cannot convert x to a number',
    ]);
  });

  it('that is null writes nothing and is no fault', () => {
    const { others, issues } = withValue('executionPeriod.start', '%encounter.period.start');
    expect(others[0]).not.toHaveProperty('executionPeriod');
    expect(issues).toEqual([]);
  });
});

describe('plans in plans', () => {
  const held = (...plans: readonly PlanDefinition[]) => ({
    definitions: {
      definition: (canonical: string) => plans.find((each) => each.url === canonical.split('|')[0]),
    },
  });
  const to = (id: string, target: string): PlanDefinitionAction => ({ id, definitionCanonical: target });
  const [one, two, three] = ['one', 'two', 'three'].map((name) => `https://example.org/${name}`);

  it.each([false, true])(
    'that come back to themselves over others are followed once (merged: %s)',
    (mergesNested) => {
      const plans = [
        planOf([to('a', two ?? '')], { url: one ?? '' }),
        planOf([to('b', three ?? '')], { url: two ?? '' }),
        planOf([to('c', one ?? '')], { url: three ?? '' }),
      ];
      const [first] = plans;
      const { issues, others } = proposed(first ?? planOf([]), { ...held(...plans), mergesNested });
      expect(issues).toEqual([
        'error a/b/c: https://example.org/one|1 contains itself; it is not followed again',
      ]);
      expect(others.filter(({ resourceType }) => resourceType === 'RequestGroup')).toHaveLength(
        mergesNested ? 0 : 2,
      );
    },
  );

  it('that hold the same plan twice, beside each other, are no cycle', () => {
    const inner = planOf([{ id: 'x', title: 'X' }], { url: one ?? '' });
    const { issues, others } = proposed(planOf([to('a', one ?? ''), to('b', one ?? '')]), held(inner));
    expect(issues).toEqual([]);
    const groups = others.filter((each): each is RequestGroup => each.resourceType === 'RequestGroup');
    expect(groups).toHaveLength(2);
    expect(new Set(others.map(({ id }) => id)).size).toBe(others.length);
  });

  it('bring their goals', () => {
    const inner = planOf([{ id: 'x', goalId: ['walk'] }], {
      url: one ?? '',
      goal: [{ id: 'walk', description: { text: 'Walk to the lake' } }],
    });
    const { carePlan, others } = proposed(planOf([to('a', one ?? '')]), held(inner));
    const goal = others.find((each): each is Goal => each.resourceType === 'Goal');
    expect(carePlan.goal).toEqual([{ reference: `#${goal?.id ?? ''}` }]);
  });
});

describe('goals', () => {
  it('have the person, a start, and targets that are due by the calendar', () => {
    const due = [ucum(10, 'd'), ucum(2, 'wk'), ucum(3, 'mo'), ucum(1, 'a'), ucum(36, 'h')];
    const { others } = proposed(
      planOf([{ id: 'a' }], {
        goal: [{ id: 'walk', description: { text: 'Walk' }, target: due.map((each) => ({ due: each })) }],
      }),
    );
    expect(others.find(({ resourceType }) => resourceType === 'Goal')).toMatchObject({
      lifecycleStatus: 'proposed',
      subject: { reference: 'Patient/anna' },
      startDate: '2026-11-20',
      target: [
        { dueDate: '2026-11-30' },
        { dueDate: '2026-12-04' },
        { dueDate: '2027-02-20' },
        { dueDate: '2027-11-20' },
        { dueDuration: ucum(36, 'h') },
      ],
    });
  });

  it('say which plan has them, and what is proposed says which it works on: as a part of a group, of a nested plan, or merged', () => {
    const inner = planOf([{ id: 'x', goalId: ['rest'] }, { id: 'y' }], {
      url: 'https://example.org/inner',
      goal: [{ id: 'rest', description: { text: 'Rest' } }],
    });
    const plan = planOf(
      [
        { id: 'alone', goalId: ['walk'] },
        { id: 'none' },
        { id: 'group', goalId: ['walk'], action: [{ id: 'part' }, { id: 'more', goalId: ['read', 'walk'] }] },
        { id: 'nested', goalId: ['read'], definitionCanonical: 'https://example.org/inner' },
      ],
      {
        goal: [
          { id: 'walk', description: { text: 'Walk' } },
          { id: 'read', description: { text: 'Read' } },
        ],
      },
    );
    const worksOn = (mergesNested: boolean) => {
      const { others, issues } = proposed(plan, { mergesNested, definitions: { definition: () => inner } });
      expect(issues).toEqual([]);
      const goals = others.filter((each): each is Goal => each.resourceType === 'Goal');
      expect(goals.map(({ extension, description }) => [description.text, extension])).toEqual(
        [
          ['Walk', url],
          ['Read', url],
          ['Rest', 'https://example.org/inner'],
        ].map(([text, canonical]) => [
          text,
          [
            {
              url: 'http://hl7.org/fhir/uv/cpg/StructureDefinition/cpg-goalFor',
              valueCanonical: `${canonical}|1`,
            },
          ],
        ]),
      );
      return others.flatMap((each) => {
        if (each.resourceType !== 'Task' && each.resourceType !== 'RequestGroup') return [];
        const named = (each.extension ?? []).map(
          ({ valueReference }) =>
            goals.find(({ id }) => `#${id}` === valueReference?.reference)?.description.text,
        );
        return [[each.resourceType === 'Task' ? each.description : 'the nested plan', named]];
      });
    };
    const before = [
      ['alone', ['Walk']],
      ['none', []],
      ['part', ['Walk']],
      ['more', ['Walk', 'Read']],
    ];
    expect(worksOn(false)).toEqual([...before, ['the nested plan', ['Read']], ['x', ['Rest']], ['y', []]]);
    expect(worksOn(true)).toEqual([...before, ['x', ['Read', 'Rest']], ['y', ['Read']]]);
  });

  it('that an action names and the plan does not have are told', () => {
    expect(proposed(planOf([{ id: 'g', action: [{ id: 'a', goalId: ['walk'] }] }])).issues).toEqual([
      'error g/a: the plan has no goal "walk"',
    ]);
  });

  it('keep a target as far as a Goal can hold it, and tell what it cannot', () => {
    const km = { value: 2, unit: 'km', system: 'http://unitsofmeasure.org', code: 'km' };
    const { others, issues } = proposed(
      planOf([{ id: 'a' }], {
        goal: [
          {
            id: 'walk',
            description: { text: 'Walk' },
            target: [
              { measure: { text: 'Distance' }, detailQuantity: km },
              { detailQuantity: km, due: ucum(10, 'd') },
              { detailRange: { low: km } },
              { measure: { text: 'Distance' } },
              { detailCodeableConcept: { text: 'Further than now' } },
            ],
          },
        ],
      }),
    );
    expect(others.find(({ resourceType }) => resourceType === 'Goal')).toMatchObject({
      target: [
        { measure: { text: 'Distance' }, detailQuantity: km },
        { dueDate: '2026-11-30' },
        { measure: { text: 'Distance' } },
      ],
    });
    expect(issues).toEqual(
      [2, 3, 5].map(
        (number) =>
          `warning goal walk: target ${number} says how much and not of what; without a measure a Goal holds no detail, and it is not carried`,
      ),
    );
  });

  it.each([
    ['2026-01-31', ucum(1, 'mo'), '2026-02-28'],
    ['2028-02-29', ucum(1, 'a'), '2029-02-28'],
    ['2026-11-20', ucum(1.5, 'mo'), undefined],
    ['2026-11-20', ucum(2, 'min'), undefined],
  ])('%s and %j is %s', (from, duration, expected) => {
    expect(dueDate(from, duration)).toBe(expected);
  });
});

it('a questionnaire is in the input of its Task, and there is no focus: the guide on data capture forbids one (sdc-t1)', () => {
  const canonical = 'https://w3id.org/alongside/fhir/Questionnaire/phq-15';
  const { actions, others } = proposed(
    planOf([{ id: 'a', title: 'PHQ-15', definitionCanonical: canonical }]),
    {
      definitions: catalogue,
    },
  );
  const system = 'http://hl7.org/fhir/uv/sdc/CodeSystem/temp';
  expect(others).toEqual([
    {
      resourceType: 'Task',
      id: others[0]?.id,
      status: 'draft',
      intent: 'option',
      code: { coding: [{ system, code: 'complete-questionnaire' }] },
      description: 'PHQ-15',
      input: [
        { type: { coding: [{ system, code: 'questionnaire' }] }, valueCanonical: `${canonical}|1.0.0` },
      ],
      for: { reference: 'Patient/anna' },
    },
  ]);
  expect(actions[0]?.resource).toEqual({ reference: `#${others[0]?.id}` });
});

describe('a group', () => {
  const group: Group = { resourceType: 'Group', id: 'eight', type: 'person', actual: true };

  it('is the subject of everything, and takes part as a whole', () => {
    const { carePlan, actions, others } = proposed(
      planOf([{ id: 'a', participant: [{ type: 'patient' }] }], {
        goal: [{ id: 'g', description: { text: 'Walk' } }],
      }),
      { subject: group },
    );
    expect(carePlan.subject).toEqual({ reference: 'Group/eight' });
    expect(actions[0]).not.toHaveProperty('participant');
    expect(others).toMatchObject([
      { resourceType: 'Task', for: { reference: 'Group/eight' } },
      { resourceType: 'Goal', subject: { reference: 'Group/eight' } },
    ]);
  });

  it('shares no id with a person of the same id, and gets the same bytes twice', () => {
    const plan = planOf([{ id: 'a' }, { id: 'b', action: [{ id: 'c' }] }]);
    const bytes = (subject: Group | typeof anna) =>
      JSON.stringify(applied(structuredClone(plan), [], { subject, definitions: catalogue }).resource);
    expect(bytes(group)).toBe(bytes(group));
    const idsIn = (text: string): readonly string[] => text.match(/[0-9a-f]{8}-[0-9a-f-]{27}/g) ?? [];
    const own = new Set(idsIn(bytes({ ...anna, id: 'eight' })));
    expect(idsIn(bytes(group)).filter((id) => own.has(id))).toEqual([]);
  });
});
