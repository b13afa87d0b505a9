// What $apply proposes: the two plans for invented people, and one small plan asserted whole.
import type {
  CarePlan,
  PlanDefinition,
  RequestGroup,
  RequestGroupAction,
  Resource,
} from '@medplum/fhirtypes';
import { parseJson, toJson } from '../../../src/fhir/json.ts';
import type { Answers } from '../../../src/fhir/run-apart.ts';
import {
  anna,
  applied,
  fhir,
  inputFor,
  malaise,
  now,
  phq15,
  planCalled,
  problemsOf,
  redFlag,
} from './plan-world.ts';

const therapy = planCalled('psychosomatic-therapy');
const pathway = planCalled('pss-pathway');

function carePlan(resource: Resource): CarePlan {
  if (resource.resourceType !== 'CarePlan') throw new Error(`a ${resource.resourceType}`);
  return resource;
}

const contained = (plan: CarePlan, reference: string | undefined) =>
  plan.contained?.find(({ id }) => `#${id}` === reference);

function groupOf(plan: CarePlan): RequestGroup {
  const group = contained(plan, plan.activity?.[0]?.reference?.reference);
  if (group?.resourceType !== 'RequestGroup') throw new Error('no RequestGroup');
  return group;
}

/** One line an action: indented by depth, what it stands for, "?" when it could not be decided. */
function outline(plan: CarePlan): string[] {
  const lines = (actions: readonly RequestGroupAction[] | undefined, depth: number): string[] =>
    (actions ?? []).flatMap((action) => {
      const target = contained(plan, action.resource?.reference);
      const below = target?.resourceType === 'RequestGroup' ? target.action : action.action;
      return [
        `${'  '.repeat(depth)}${action.id}${target ? ` ${target.resourceType}` : ''}${action.extension ? ' ?' : ''}`,
        ...lines(below, depth + 1),
      ];
    });
  return lines(groupOf(plan).action, 0);
}

const outlineFor = (plan: PlanDefinition, ...data: readonly Resource[]) =>
  outline(carePlan(applied(plan, data).resource));
const issuesFor = (plan: PlanDefinition, ...data: readonly Resource[]) =>
  applied(plan, data).issues.map(({ severity, diagnostics }) => `${severity} ${diagnostics}`);

/** One line for each, at this depth. */
const each = (depth: number, type: string, ...ids: readonly string[]) =>
  ids.map((id) => `${'  '.repeat(depth)}${id} ${type}`);

const therapyInFull = [
  'course',
  '  baseline',
  ...each(2, 'Task', 'baseline-phq-15', 'baseline-fsq', 'baseline-psfs', 'baseline-gas', 'baseline-malaise'),
  '  sessions',
  '    intake ServiceRequest',
  ...Array.from(
    { length: 11 },
    (_, index) => `    session-${String(index + 2).padStart(2, '0')} ServiceRequest`,
  ),
  '  exploration',
  ...each(2, 'Task', 'scegs-exploration', 'three-p-formulation'),
  '  each-session',
  ...each(2, 'Task', 'session-opener', 'alliance-check', 'something-to-try', 'session-note'),
  '  elements',
  '    education',
  ...each(
    3,
    'ServiceRequest',
    'body-mind-education',
    'three-p-explanation',
    'alarm-system-education',
    'stress-load-education',
    'sleep-and-rest-education',
    'flare-plan',
    'telling-others',
  ),
  '    body-oriented',
  ...each(
    3,
    'ServiceRequest',
    'relaxation-exercises',
    'body-awareness-exercises',
    'mindfulness-exercises',
    'breathing-exercises',
    'tension-and-release',
    'gentle-movement',
    'short-rests',
  ),
  '    cbt',
  ...each(
    3,
    'ServiceRequest',
    'thinking-feeling-doing',
    'helpful-thoughts',
    'shifting-attention',
    'worry-and-uncertainty',
    'trying-out',
    'saying-yes-and-no',
    'what-i-value',
  ),
  '    activation',
  '      graded-activity ServiceRequest',
  '      home-exercises Task',
  ...each(
    3,
    'ServiceRequest',
    'pacing',
    'work-participation',
    'social-participation',
    'pleasant-activities',
    'daily-rhythm',
  ),
  '  mid-evaluation ServiceRequest',
  '  measures',
  ...each(2, 'Task', 'session-04-phq-15', 'session-08-phq-15', 'mid-adverse-effects'),
  '  end-evaluation',
  ...each(
    2,
    'Task',
    'end-phq-15',
    'end-fsq',
    'end-psfs',
    'end-gas',
    'end-adverse-effects',
    'end-of-course-review',
  ),
  '    end-evaluation-talk ServiceRequest',
  '  closing-letter CommunicationRequest',
  '  follow-up',
  '    follow-up-3-months ServiceRequest',
  ...each(2, 'Task', 'follow-up-3-months-check', 'follow-up-3-months-phq-15'),
  '    follow-up-12-months ServiceRequest',
  ...each(2, 'Task', 'follow-up-12-months-check', 'follow-up-12-months-phq-15'),
  'next-step Task',
];

/** What is offered only after it has been asked whether symptoms worsen after exertion. */
const isExertion = (line: string) => /graded-activity|gentle-movement/.test(line);

const find = (...rules: readonly string[]) => [
  'find',
  '  find-by-rule RequestGroup',
  '    because-somebody-asks Task',
  '    rules',
  ...rules.map((rule) => `      ${rule} CommunicationRequest ?`),
  '    eligibility-next-step Task',
];

/** Up to the question who treats, which the general practitioner answers. */
const upToTheStage = (...screening: readonly string[]) => [
  'screen',
  ...each(1, 'Task', ...screening),
  'red-flag-check Task',
  'red-flag-lists',
  ...each(
    1,
    'Task',
    'red-flags-widespread-pain',
    'red-flags-bowel',
    'red-flags-headache',
    'red-flags-back',
    'red-flags-chest-and-breath',
    'red-flags-fainting-and-heartbeat',
  ),
  'explain Task',
  'gp-preparation Task',
  'stage Task',
  'by-stage',
  '  mild ?',
  '    mild-contact ServiceRequest',
  '    mild-next-step Task',
  '  moderate ?',
  '    moderate-choice Task',
  '    moderate-referral-form Task',
  '    moderate-other-support ServiceRequest',
  '    moderate-contact ServiceRequest',
  '  severe ?',
  '    severe-referral ServiceRequest',
  '    severe-contacts ServiceRequest',
  '    severe-next-step Task',
];

describe('psychosomatic therapy', () => {
  it('is proposed in full to somebody for whom everything is known', () => {
    expect(outlineFor(therapy, phq15(12), malaise(false))).toEqual(therapyInFull);
    expect(issuesFor(therapy, phq15(12), malaise(false))).toEqual([]);
  });

  it('is proposed without graded activity to somebody with post-exertional malaise', () => {
    expect(outlineFor(therapy, phq15(12), malaise(true))).toEqual(
      therapyInFull.filter((line) => !isExertion(line)),
    );
  });

  it('keeps what could not be decided, and says what is missing', () => {
    expect(outlineFor(therapy)).toEqual(
      therapyInFull.map((line) => (line === 'course' || isExertion(line) ? `${line} ?` : line)),
    );
    expect(issuesFor(therapy)).toEqual([
      'warning course: could not be decided: %phq15: no Patient Health Questionnaire 15 item (PHQ-15) total score [Reported] is on record',
      'warning course/elements/body-oriented/gentle-movement: could not be decided: %postExertionalMalaise: no Post-exertional malaise is on record',
      'warning course/elements/activation/graded-activity: could not be decided: %postExertionalMalaise: no Post-exertional malaise is on record',
    ]);
  });

  it.each([
    ['a total below the inclusion bar', [phq15(4)]],
    ['an open alarm sign', [phq15(12), redFlag]],
  ])('with %s still leaves a next step and somebody who takes care of it', (_, data) => {
    expect(outlineFor(therapy, ...data)).toEqual(['next-step Task']);
  });

  it.each([
    ['2008-11-21', ['next-step Task']],
    ['2008-11-20', therapyInFull],
    ['1945-11-21', therapyInFull],
    ['1945-11-20', ['next-step Task']],
  ])('asks for the age of the trial: born %s', (birthDate, expected) => {
    const { resource } = applied(therapy, [phq15(12), malaise(false)], { subject: { ...anna, birthDate } });
    expect(outline(carePlan(resource))).toEqual(expected);
  });

  it('never decides on a total that is absent', () => {
    expect(issuesFor(therapy, phq15(undefined), malaise(false))).toEqual([
      'warning course: could not be decided: %phq15: Observation/phq-15 has no value (Not Asked)',
    ]);
  });

  it('never takes what the asker may not read for an empty record', () => {
    const input = inputFor(therapy, [phq15(12), malaise(false)]);
    const facts = new Map(
      [...input.facts].map(([key, found]) => [key, key.includes('Flag') ? ('not-visible' as const) : found]),
    );
    expect(applied(therapy, [], { facts }).issues.map(({ diagnostics }) => diagnostics)).toEqual([
      'course: could not be decided: %openRedFlags: you may not read Flag',
    ]);
  });
});

describe('the pathway', () => {
  it('holds the course as a group of its own', () => {
    expect(outlineFor(pathway, phq15(12), malaise(false))).toEqual([
      ...find('open-rule', 'corpus-rule'),
      ...upToTheStage('screen-fsq', 'screen-phq-4', 'screen-what-matters'),
      'refer ServiceRequest',
      'course RequestGroup',
      ...therapyInFull.map((line) => `  ${line}`),
      'evaluate Task',
      'after-care ServiceRequest',
      'next-step Task',
    ]);
  });

  it('goes on without the course, and says what lost its place in time', () => {
    expect(outlineFor(pathway, phq15(2))).toEqual([
      ...find('open-rule'),
      ...upToTheStage('screen-fsq', 'screen-phq-4', 'screen-malaise', 'screen-what-matters'),
      'evaluate Task',
      'after-care ServiceRequest',
      'next-step Task',
    ]);
    expect(issuesFor(pathway, phq15(2))).toEqual([
      'warning find/find-by-rule/rules/open-rule: could not be decided: %contacts12Months: no Encounter is on record; %knownChronicCondition: no Known chronic condition that explains the contacts is on record; the data do not decide it',
      ...['mild', 'moderate', 'severe'].map(
        (stage) =>
          `warning by-stage/${stage}: could not be decided: %stage: no Stage of persistent somatic symptoms is on record`,
      ),
      ...['moderate-choice', 'moderate-referral-form'].map(
        (action) =>
          `warning by-stage/moderate/${action}: "refer" was left out, so when this comes has to be agreed`,
      ),
      'warning evaluate: "course" was left out, so when this comes has to be agreed',
    ]);
  });

  it('carries the total into the referral', () => {
    const plan = carePlan(applied(pathway, [phq15(12)]).resource);
    const refer = groupOf(plan).action?.find(({ id }) => id === 'refer');
    expect(contained(plan, refer?.resource?.reference)).toMatchObject({
      status: 'draft',
      intent: 'option',
      supportingInfo: [{ reference: 'Observation/phq-15' }],
    });
  });

  it('proposes the goals of the course as well', () => {
    const plan = carePlan(applied(pathway, [phq15(12)]).resource);
    expect(plan.goal?.map(({ reference }) => contained(plan, reference))).toMatchObject([
      {
        lifecycleStatus: 'proposed',
        description: { text: 'Have an explanation of my symptoms that my doctor, my therapist and I share' },
      },
      {
        lifecycleStatus: 'proposed',
        description: { text: 'Know who is there for me, also when a course has ended' },
      },
      { target: [{ dueDate: '2027-04-20' }] },
      { startDate: '2026-11-20', subject: { reference: 'Patient/anna' } },
    ]);
  });
});

describe('every proposal', () => {
  it.each(
    [therapy, pathway].flatMap((plan) =>
      (
        [[], [phq15(12)], [phq15(3), malaise(true)], [phq15(12), redFlag], [phq15(undefined)]] as const
      ).flatMap((data) =>
        (['care-plan', 'bundle'] as const).map(
          (resultType) => [plan.id, data.length, resultType, plan, data] as const,
        ),
      ),
    ),
  )('is valid R4: %s with %i data as %s', (_, __, resultType, plan, data) => {
    expect(problemsOf(applied(plan, data, { resultType }).resource)).toEqual([]);
  });

  it('as a Bundle begins with the RequestGroup and refers by urn:uuid', () => {
    const { resource } = applied(therapy, [phq15(12)], { resultType: 'bundle' });
    if (resource.resourceType !== 'Bundle') throw new Error('no Bundle');
    expect(resource.entry?.slice(0, 2).map((entry) => entry.resource?.resourceType)).toEqual([
      'RequestGroup',
      'CarePlan',
    ]);
    const addresses = new Set(resource.entry?.map(({ fullUrl }) => fullUrl));
    const references = JSON.stringify(resource).match(/(?<="reference":")urn:uuid:[^"]+/g) ?? [];
    expect(references.filter((reference) => !addresses.has(reference))).toEqual([]);
  });
});

const small: PlanDefinition = {
  resourceType: 'PlanDefinition',
  status: 'active',
  url: 'https://example.org/small',
  version: '2',
  title: 'Small',
  goal: [
    { id: 'walk', description: { text: 'Walk to the lake' }, target: [{ due: { value: 2, code: 'wk' } }] },
  ],
  action: [
    {
      id: 'talk',
      prefix: 'A',
      title: 'Talk',
      textEquivalent: 'Talk about the lake',
      goalId: ['walk'],
      participant: [{ type: 'patient' }, { type: 'practitioner', role: { text: 'Guide' } }],
      timingDuration: { value: 30, system: 'http://unitsofmeasure.org', code: 'min' },
      condition: [
        { kind: 'start', expression: { language: 'text/fhirpath', expression: '%patient.exists()' } },
      ],
      requiredBehavior: 'must',
      precheckBehavior: 'yes',
    },
    {
      title: 'Without an id',
      relatedAction: [
        {
          actionId: 'talk',
          relationship: 'after-end',
          offsetDuration: { value: 1, system: 'http://unitsofmeasure.org', code: 'wk' },
        },
      ],
      definitionCanonical: 'https://example.org/unheard-of',
    },
  ],
};

describe('a small plan', () => {
  it('is proposed whole', () => {
    const { resource, issues } = applied(small, [], {
      practitioner: { reference: 'Practitioner/gp' },
      encounter: { reference: 'Encounter/visit' },
    });
    expect(issues).toEqual([
      {
        severity: 'error',
        code: 'not-found',
        diagnostics: 'action-2: https://example.org/unheard-of is not known; a Task stands in its place',
      },
    ]);
    const plan = carePlan(resource);
    const [group, talk, other, goal, role, messages] = plan.contained ?? [];
    const base = { subject: { reference: 'Patient/anna' }, encounter: { reference: 'Encounter/visit' } };
    const author = { reference: 'Practitioner/gp' };
    const to = (target: Resource | undefined) => ({ reference: `#${target?.id}` });
    const pertains = 'http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal';
    const task = {
      status: 'draft',
      intent: 'option',
      code: {
        coding: [
          {
            system: 'http://hl7.org/fhir/CodeSystem/task-code',
            code: 'fulfill',
            display: 'Fulfill the focal request',
          },
        ],
      },
    };
    const { subject: forWhom, encounter } = base;
    expect(plan).toEqual({
      resourceType: 'CarePlan',
      id: plan.id,
      contained: [
        {
          resourceType: 'RequestGroup',
          id: group?.id,
          instantiatesCanonical: ['https://example.org/small|2'],
          status: 'draft',
          intent: 'proposal',
          ...base,
          authoredOn: now.toISOString(),
          author,
          action: [
            {
              id: 'talk',
              prefix: 'A',
              title: 'Talk',
              textEquivalent: 'Talk about the lake',
              condition: small.action?.[0]?.condition,
              timingDuration: { value: 30, system: 'http://unitsofmeasure.org', code: 'min' },
              requiredBehavior: 'must',
              precheckBehavior: 'yes',
              participant: [forWhom, to(role)],
              resource: to(talk),
            },
            {
              id: 'action-2',
              title: 'Without an id',
              relatedAction: small.action?.[1]?.relatedAction,
              resource: to(other),
            },
          ],
        },
        {
          resourceType: 'Task',
          id: talk?.id,
          extension: [{ url: pertains, valueReference: to(goal) }],
          ...task,
          description: 'Talk about the lake',
          performerType: [{ text: 'Guide' }],
          for: forWhom,
          encounter,
          requester: author,
        },
        {
          resourceType: 'Task',
          id: other?.id,
          instantiatesCanonical: 'https://example.org/unheard-of',
          ...task,
          description: 'Without an id',
          for: forWhom,
          encounter,
          requester: author,
        },
        {
          resourceType: 'Goal',
          id: goal?.id,
          extension: [
            {
              url: 'http://hl7.org/fhir/uv/cpg/StructureDefinition/cpg-goalFor',
              valueCanonical: 'https://example.org/small|2',
            },
          ],
          lifecycleStatus: 'proposed',
          description: { text: 'Walk to the lake' },
          subject: forWhom,
          startDate: '2026-11-20',
          target: [{ dueDate: '2026-12-04' }],
        },
        { resourceType: 'PractitionerRole', id: role?.id, code: [{ text: 'Guide' }] },
        { resourceType: 'OperationOutcome', id: messages?.id, issue: issues },
      ],
      extension: [
        { url: 'http://hl7.org/fhir/StructureDefinition/cqf-messages', valueReference: to(messages) },
      ],
      instantiatesCanonical: ['https://example.org/small|2'],
      status: 'draft',
      intent: 'proposal',
      title: 'Small',
      ...base,
      created: now.toISOString(),
      author,
      goal: [to(goal)],
      activity: [{ reference: to(group) }],
    });
    expect(problemsOf(plan)).toEqual([]);
  });

  it('of somebody else is decided by answers that were found apart', () => {
    const plan: PlanDefinition = {
      ...small,
      action: [
        {
          id: 'a',
          title: 'A',
          condition: [
            { kind: 'applicability', expression: { language: 'text/fhirpath', expression: 'true' } },
          ],
        },
      ],
    };
    const decidedBy = (answers: Answers) => applied(plan, [], { trust: 'foreign', answers });
    const decided = decidedBy(new Map([['text/fhirpath true', { kind: 'values', values: [true] }]]));
    expect(outline(carePlan(decided.resource))).toEqual(['a Task']);
    expect(decided.issues).toEqual([]);
    const open = decidedBy(new Map());
    expect(outline(carePlan(open.resource))).toEqual(['a Task ?']);
    expect(open.issues.map(({ diagnostics }) => diagnostics)).toEqual([
      'a: could not be decided: the expression failed: it was not run for this question',
    ]);
  });

  it('that contains itself is followed once', () => {
    const plan: PlanDefinition = {
      ...small,
      action: [{ id: 'again', definitionCanonical: 'https://example.org/small' }],
    };
    const result = applied(plan, [], { definitions: { definition: () => plan } });
    expect(outline(carePlan(result.resource))).toEqual(['again Task']);
    expect(result.issues.map(({ diagnostics }) => diagnostics)).toEqual([
      'again: https://example.org/small|2 contains itself; it is not followed again',
    ]);
    expect(problemsOf(result.resource)).toEqual([]);
  });

  it.each([
    [
      'another language',
      { language: 'application/x-fhir-query', expression: 'true' },
      'the expression language application/x-fhir-query is not run; text/fhirpath is',
    ],
    [
      'an undeclared input',
      { language: 'text/fhirpath', expression: '%phq15 > 1' },
      '%phq15 is not declared as an input',
    ],
    [
      'the wall clock',
      { language: 'text/fhirpath', expression: 'today() > @2020' },
      'the expression is malformed: today() reads the wall clock; use %today',
    ],
    ['no single answer', { language: 'text/fhirpath', expression: '%patient.id' }, undefined],
  ])('whose condition has %s is undecided, never left out', (_, expression, fault) => {
    const plan: PlanDefinition = {
      ...small,
      action: [
        {
          id: 'a',
          condition: [
            {
              kind: 'applicability',
              expression: { ...expression, language: expression.language as 'text/fhirpath' },
            },
          ],
        },
      ],
    };
    const result = applied(plan, []);
    expect(outline(carePlan(result.resource))).toEqual(['a Task ?']);
    expect(result.issues.map(({ diagnostics }) => diagnostics)).toEqual([
      ...(fault ? [`a: ${fault}`] : []),
      `a: could not be decided: ${fault ?? 'the expression gave no single true or false'}`,
    ]);
  });

  it('keeps each decimal of the plan as its author wrote it', () => {
    const duration = '{"value":1.50,"unit":"weeks","system":"http://unitsofmeasure.org","code":"wk"}';
    const plan = parseJson(
      `{"resourceType":"PlanDefinition","url":"https://example.org/small","status":"active","goal":[{"id":"g","description":{"text":"Walk"},"target":[{"measure":{"text":"km"},"detailQuantity":{"value":2.0,"unit":"km"}}]}],"action":[{"id":"a"},{"id":"b","timingTiming":{"repeat":{"duration":30.0,"durationUnit":"min"}},"relatedAction":[{"actionId":"a","relationship":"after-end","offsetDuration":${duration}}]}]}`,
    ) as PlanDefinition;
    const text = toJson(applied(plan, []).resource);
    expect(text).toContain(`"offsetDuration":${duration}`);
    expect(text).toContain('"repeat":{"duration":30.0,"durationUnit":"min"}');
    expect(text).toContain('"detailQuantity":{"value":2.0,"unit":"km"}');
    expect(toJson(applied(plan, []).resource)).toBe(text);
  });

  it('names the plan and the version that it came from', () => {
    expect(carePlan(applied(therapy, []).resource).instantiatesCanonical).toEqual([
      `${fhir}/PlanDefinition/psychosomatic-therapy|1.0.0`,
    ]);
  });
});
