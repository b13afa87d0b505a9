// "Why am I doing this exercise?" as $course answers it to the person and their therapist, and as a search finds what works on a factor.
import type {
  CarePlan,
  ClinicalImpression,
  Extension,
  Goal,
  Parameters,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import { carePlanCourse } from '../../../src/rest/operations/care-plan-course.ts';
import { carePlanFormulate } from '../../../src/rest/operations/care-plan-formulate.ts';
import { carePlanTailor } from '../../../src/rest/operations/care-plan-tailor.ts';
import { createResource } from '../../../src/workflows/resources/create-resource.ts';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import { enroll, group, integer, string } from './course-steps.ts';
import { type ActorName, type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';

const own = 'https://w3id.org/alongside/fhir/StructureDefinition';
const elements = 'https://w3id.org/alongside/fhir/CodeSystem/pss-element';
let world: CourseWorld;
let carePlan: CarePlan;
let impression: string;

const worksOn = (id: string, of = impression): Extension => ({
  url: `${own}/works-on`,
  valueReference: {
    reference: `ClinicalImpression/${of}`,
    extension: [{ url: `${own}/works-on-factor`, valueString: id }],
  },
});
async function put<T extends Goal | ServiceRequest>(resource: T, changes: Partial<T>): Promise<T> {
  const next: T = { ...resource, ...changes };
  const { result } = await updateResource(world.contextOf('therapist'), next, { mayCreate: false });
  return result.version.resource() as T;
}
const factor = (role: string, text: string) =>
  group('factor', { name: 'role', valueCode: role }, string('text', text), {
    name: 'view',
    valueCode: 'patient',
  });

beforeEach(async () => {
  world = await courseWorld();
  const begun = await enroll(world);
  const { resource } = await world.call(
    carePlanFormulate,
    'therapist',
    begun.carePlan.id ?? '',
    [
      { name: 'state', valueCode: 'suggested' },
      factor('perpetuating', 'I wake up three times a night'),
      factor('predisposing', 'Two jobs at once'),
    ],
    undefined,
    begun.carePlan.meta?.versionId,
  );
  const answer = resource as Parameters;
  impression = answer.parameter?.[0]?.resource?.id ?? '';
  carePlan = answer.parameter?.[1]?.resource as CarePlan;
  const [goal] = begun.goals;
  const [, session] = begun.sessions;
  if (!goal || !session) throw new Error('no goal or session');
  await put(goal, { extension: [worksOn('factor-1')] });
  await put(session, {
    extension: [...(session.extension ?? []), worksOn('factor-2')],
    orderDetail: [
      { coding: [{ system: elements, code: 'education' }] },
      { coding: [{ system: elements, code: 'body-oriented' }], extension: [worksOn('factor-1')] },
    ],
  });
  await createResource(world.contextOf('therapist'), {
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    code: { coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/course', code: 'homework' }] },
    basedOn: [{ reference: `CarePlan/${carePlan.id}` }],
    description: 'Five slow breaths before bed',
    for: { reference: 'Patient/anna' },
    owner: { reference: 'Patient/anna' },
    extension: [worksOn('factor-1')],
  } satisfies Task);
});
afterEach(() => world.close());

async function whys(actor: ActorName) {
  const { resource } = await world.call(carePlanCourse, actor, carePlan.id ?? '', []);
  const all = (resource as Parameters).parameter ?? [];
  const whyOf = (part: Parameters['parameter']) => part?.find(({ name }) => name === 'why')?.valueString;
  const named = (name: string) => all.filter((each) => each.name === name);
  const second = named('session')[1]?.part ?? [];
  return {
    goal: whyOf(named('goal')[0]?.part),
    homework: whyOf(named('homework')[0]?.part),
    elements: second
      .filter(({ name }) => name === 'plannedElement')
      .map(({ part = [] }) => [part[0]?.valueCodeableConcept?.coding?.[0]?.code, whyOf(part)]),
    session: whyOf(second),
    others: named('session').filter(({ part }, index) => index !== 1 && whyOf(part)).length,
  };
}

const forTheLake = 'It is there for what you want: "Walk to the lake and back".';

it('is answered for each goal, exercise and planned element, in the same words for the person', async () => {
  const answer = await whys('patient');
  expect(answer).toEqual({
    goal: 'This goal works on "I wake up three times a night".',
    homework: `This works on "I wake up three times a night". ${forTheLake}`,
    elements: [
      ['education', 'This works on "Two jobs at once".'],
      ['body-oriented', `This works on "I wake up three times a night". ${forTheLake}`],
    ],
    session: 'This works on "Two jobs at once".',
    others: 0,
  });
  expect(await whys('therapist')).toEqual(answer);
  expect(await errorsIn(world, ['Goal', 'ServiceRequest', 'Task'])).toEqual([]);
});

it('is answered in Dutch too, beside the English words', async () => {
  const { resource } = await world.call(carePlanCourse, 'patient', carePlan.id ?? '', []);
  const homework = (resource as Parameters).parameter?.find(({ name }) => name === 'homework');
  expect(homework?.part?.find(({ name }) => name === 'why')).toEqual({
    name: 'why',
    valueString: `This works on "I wake up three times a night". ${forTheLake}`,
    _valueString: {
      extension: [
        {
          url: 'http://hl7.org/fhir/StructureDefinition/translation',
          extension: [
            { url: 'lang', valueCode: 'nl' },
            {
              url: 'content',
              valueString:
                'Dit werkt aan "I wake up three times a night". Het is er voor wat u wilt: "Walk to the lake and back".',
            },
          ],
        },
      ],
    },
  });
});

it('is not answered from an explanation that was an error', async () => {
  const read = await world.store.read<ClinicalImpression>('ClinicalImpression', impression);
  if (read.kind !== 'found') throw new Error('no explanation');
  await world.store.update({ ...read.version.resource(), status: 'entered-in-error' });
  expect(await whys('patient')).toEqual({
    goal: undefined,
    homework: undefined,
    elements: [
      ['education', undefined],
      ['body-oriented', undefined],
    ],
    session: undefined,
    others: 0,
  });
});

it('stays with an element when its session is tailored', async () => {
  const current = await world.store.read<CarePlan>('CarePlan', carePlan.id ?? '');
  if (current.kind !== 'found') throw new Error('no plan');
  const edit = group(
    'edit',
    { name: 'kind', valueCode: 'change-dose' },
    integer('session', 2),
    integer('minutes', 30),
    { name: 'reason', valueCode: 'practical' },
    { name: 'agreed', valueBoolean: true },
  );
  await world.call(
    carePlanTailor,
    'therapist',
    carePlan.id ?? '',
    [edit],
    undefined,
    current.version.versionId,
  );
  expect((await whys('patient')).elements[1]?.[1]).toBe(
    `This works on "I wake up three times a night". ${forTheLake}`,
  );
});

it('is refused for an element that works on a factor nobody knows', async () => {
  const session = (await world.all('ServiceRequest')).find(({ requisition }) => requisition);
  if (!session) throw new Error('no session');
  const { status, outcome } = await refusalOf(
    put(session, { orderDetail: [{ text: 'Breathing', extension: [worksOn('factor-9')] }] }),
  );
  expect([status, outcome.issue?.[0]?.expression, outcome.issue?.[0]?.diagnostics]).toEqual([
    422,
    ['ServiceRequest.orderDetail[0].extension[0]'],
    `ClinicalImpression/${impression} has no factor "factor-9": say which in the extension ${own}/works-on-factor of the reference; known: factor-1, factor-2`,
  ]);
});
