// The steps that most stories have in common, from referral to the letter at the end: what is sent, by whom, as a step of the story.
import type {
  Bundle,
  CarePlan,
  DocumentReference,
  Goal,
  Parameters,
  ParametersParameter,
  QuestionnaireResponse,
  Resource,
  Task,
} from '@medplum/fhirtypes';
import type { StoryAnswer, StoryWorld } from './story-world.ts';

const text = (name: string, value: string): ParametersParameter => ({ name, valueString: value });
export const day = (name: string, value: string): ParametersParameter => ({ name, valueDate: value });
export const number = (name: string, value: number): ParametersParameter => ({ name, valueInteger: value });
export const code = (name: string, value: string): ParametersParameter => ({ name, valueCode: value });
export const group = (name: string, ...part: ParametersParameter[]): ParametersParameter => ({ name, part });
const refersTo = (name: string, reference: string): ParametersParameter => ({
  name,
  valueReference: { reference },
});
/** Why something of the plan is other than before, as patient and therapist agreed. */
export const agreed = (reason: string, words: string): readonly ParametersParameter[] => [
  { name: 'reason', valueCode: reason },
  { name: 'agreed', valueBoolean: true },
  { name: 'reasonText', valueString: words },
];

const courseSystem = 'https://w3id.org/alongside/fhir/CodeSystem/course';

const partsOf = <T extends Resource>(answer: StoryAnswer, type: T['resourceType']): readonly T[] =>
  ((answer.resource as Bundle).entry ?? [])
    .map(({ resource }) => resource)
    .filter((resource): resource is T => resource?.resourceType === type);

export const issuesOf = (answer: StoryAnswer): readonly string[] =>
  ((answer.resource as Parameters).parameter ?? []).flatMap(({ name, resource }) =>
    name === 'issues' && resource?.resourceType === 'OperationOutcome'
      ? (resource.issue ?? []).map(({ severity, diagnostics }) => `${severity}: ${diagnostics}`)
      : [],
  );

/** The questions of the PHQ-15 but the one on periods, which does not apply to the invented person. */
const phq15Questions = ['1a', '1b', '1c', '1e', '1f', '1g', '1h', '1i', '1j', '1k', '1l', '1m', '2d', '2c'];
const bothered = ['LA18334-5', 'LA18335-2', 'LA18336-0'];

/** The patient fills in the PHQ-15 so that it adds up to `total` (0 to 28). */
export function answerPhq15(world: StoryWorld, total: number, when: string): Promise<StoryAnswer> {
  let left = total;
  const item = phq15Questions.map((question) => {
    const points = Math.min(left, 2);
    left -= points;
    return {
      linkId: `phq-phq${question}`,
      answer: [{ valueCoding: { system: 'http://loinc.org', code: bothered[points] ?? '' } }],
    };
  });
  const notApplicable = {
    linkId: 'phq-phq1d',
    answer: [
      {
        valueCoding: {
          system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason',
          code: 'not-applicable',
        },
      },
    ],
  };
  const response: QuestionnaireResponse = {
    resourceType: 'QuestionnaireResponse',
    questionnaire: 'https://w3id.org/alongside/fhir/Questionnaire/phq-15|1.0.0',
    status: 'completed',
    subject: { reference: 'Patient/anna' },
    source: { reference: 'Patient/anna' },
    authored: `${world.today()}T08:30:00Z`,
    item: [...item.slice(0, 3), notApplicable, ...item.slice(3)],
  };
  return world.act('patient', `fills in the PHQ-15 ${when}: ${total}`, {
    method: 'POST',
    path: '/QuestionnaireResponse',
    body: response,
  });
}

/** Two stages: the GP explains and refers; the therapist takes her on with a promise of when it begins. Answers with the referral. */
export async function referAndAccept(
  world: StoryWorld,
  promised: { readonly from: string; readonly to: string },
): Promise<{ readonly task: Task; readonly referral: string }> {
  const sent = await world.operate(
    'gp',
    'explains, and refers with the preparation',
    '/Patient/anna/$refer',
    [
      refersTo('owner', 'Practitioner/therapist'),
      text('reason', 'Pain and tiredness for two years that get in the way of work and family'),
      { name: 'explanationGiven', valueBoolean: true },
      text('explanation', 'We talked about an alarm system that has become sensitive, and about load.'),
      text('explanationReceived', 'It fits how busy weeks end for me.'),
      text('patientWords', 'I want to be able to plan a week again.'),
    ],
  );
  const [task] = partsOf<Task>(sent, 'Task');
  if (!task) throw new Error('the referral has no Task');
  world.passDays(3);
  await moveTask(world, 'therapist', 'accepts, and promises a first date', task, {
    status: 'accepted',
    restriction: { period: { start: promised.from, end: promised.to } },
  });
  return { task, referral: task.focus?.reference ?? '' };
}

/** A PUT of the Task as it is now, with these elements changed, by its version. */
export async function moveTask(
  world: StoryWorld,
  who: string,
  what: string,
  { id }: Task,
  changes: Partial<Task>,
): Promise<Task> {
  const path = `/Task/${id}`;
  const { resource, etag } = await world.ask(who, { method: 'GET', path });
  const moved = await world.act(who, what, {
    method: 'PUT',
    path,
    body: { ...resource, ...changes },
    headers: { 'If-Match': etag ?? '' },
  });
  return moved.resource as Task;
}

export interface Course {
  readonly id: string;
  readonly goal: string;
}

export async function enroll(
  world: StoryWorld,
  referral: string,
  sessions: number,
  ...more: readonly ParametersParameter[]
): Promise<Course> {
  const answer = await world.operate(
    'therapist',
    `begins the course with a goal in her words and ${sessions} sessions`,
    '/PlanDefinition/psychosomatic-therapy/$enroll',
    [
      refersTo('subject', 'Patient/anna'),
      refersTo('referral', referral),
      number('sessions', sessions),
      group(
        'goal',
        text('text', 'Walk to the river with my daughter twice a week'),
        group('level', number('value', 0), text('text', 'twice a week')),
        group('level', number('value', -1), text('text', 'once a week')),
      ),
      ...more,
    ],
  );
  const [plan] = partsOf<CarePlan>(answer, 'CarePlan');
  const [goal] = partsOf<Goal>(answer, 'Goal');
  return { id: plan?.id ?? '', goal: `Goal/${goal?.id}` };
}

interface Meeting {
  readonly session: number;
  readonly elements: readonly (readonly [element: string, minutes: number])[];
  readonly discovered: string;
  /** Where she is with her goal, -2 to +2. */
  readonly gas?: number;
  readonly homework?: string;
  readonly confidence?: number;
  readonly nextDate?: string;
}

/** Records a session that was held this morning. */
export async function meet(world: StoryWorld, { id, goal }: Course, meeting: Meeting): Promise<StoryAnswer> {
  const { session, elements, discovered, gas, homework, confidence, nextDate } = meeting;
  const minutes = elements.reduce((sum, [, each]) => sum + each, 0);
  const { etag } = await world.ask('therapist', { method: 'GET', path: `/CarePlan/${id}` });
  const parameters = [
    text('session', String(session)),
    { name: 'start', valueDateTime: `${world.today()}T08:00:00Z` },
    number('minutes', minutes),
    ...elements.map(([element, each]) => group('element', code('code', element), number('minutes', each))),
    text('discovered', discovered),
    ...(homework === undefined
      ? []
      : [
          group(
            'homework',
            text('description', homework),
            text('findOut', 'Does a rest beforehand make a difference?'),
            ...(confidence === undefined ? [] : [{ name: 'confidence', valueDecimal: confidence }]),
          ),
        ]),
    ...(gas === undefined
      ? []
      : [group('goalProgress', refersTo('goal', goal), number('gas', gas), text('note', discovered))]),
    ...(nextDate === undefined ? [] : [day('nextDate', nextDate)]),
  ];
  const path = `/CarePlan/${id}/$session-complete`;
  return world.operate('therapist', `records session ${session}`, path, parameters, { etag });
}

/** Writes the letter to the GP and ends the referral with it: completed, or failed for a course that ends early. */
export async function closeWithLetter(
  world: StoryWorld,
  task: Task,
  letter: string,
  end: Pick<Task, 'status' | 'statusReason'>,
): Promise<Task> {
  const document: DocumentReference = {
    resourceType: 'DocumentReference',
    status: 'current',
    type: { coding: [{ system: 'http://loinc.org', code: '34133-9', display: 'Summary of episode note' }] },
    subject: { reference: 'Patient/anna' },
    date: `${world.today()}T09:00:00Z`,
    author: [{ reference: 'Practitioner/therapist' }],
    content: [
      { attachment: { contentType: 'text/plain', data: Buffer.from(letter, 'utf8').toString('base64') } },
    ],
  };
  const stored = await world.act('therapist', 'writes the closing letter to the GP', {
    method: 'POST',
    path: '/DocumentReference',
    body: document,
  });
  const current = await world.ask('therapist', { method: 'GET', path: `/Task/${task.id}` });
  return moveTask(world, 'therapist', `ends the referral as ${end.status}`, task, {
    ...end,
    output: [
      ...((current.resource as Task).output ?? []),
      {
        type: { coding: [{ system: courseSystem, code: 'closing-letter' }] },
        valueReference: { reference: `DocumentReference/${stored.resource.id}` },
      },
    ],
  });
}

/** The forms that she would rather not fill in are left out, as agreed; the PHQ-15 stays. */
export async function leaveOtherFormsOut(world: StoryWorld): Promise<void> {
  const due = await world.find<Task>('/Task?patient=Patient/anna&code=questionnaire-due', 'therapist');
  const others = due.filter(
    ({ status, input }) =>
      status === 'requested' && !input?.some(({ valueCanonical }) => valueCanonical?.includes('/phq-15')),
  );
  for (const { id } of others) {
    const path = `/Task/${id}`;
    const { resource } = await world.ask('therapist', { method: 'GET', path });
    const left = { ...resource, status: 'cancelled', statusReason: { text: 'Left out, as agreed with her' } };
    const { status } = await world.ask('therapist', { method: 'PUT', path, body: left });
    if (status !== 200) throw new Error(`${path} answered ${status}`);
  }
  await world.act('therapist', 'agrees with her to fill in the PHQ-15 and no other form', {
    method: 'GET',
    path: '/Task?patient=Patient/anna&code=questionnaire-due',
  });
}
