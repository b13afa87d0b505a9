// A number, a date, true or false in a Parameters body is sent as such: a text in its place is refused, with its place. In an address
// everything is text. https://hl7.org/fhir/R4/parameters.html
import type {
  OperationDefinition,
  OperationDefinitionParameter,
  OperationOutcome,
  ParametersParameter,
} from '@medplum/fhirtypes';
import { operations } from '../../src/rest/operations/all-operations.ts';
import { exportOperations } from '../../src/rest/operations/export.ts';
import { type CourseOverHttp, startCourseOverHttp } from '../support/course-over-http.ts';

let course: CourseOverHttp;
beforeAll(async () => {
  course = await startCourseOverHttp();
});
afterAll(() => course.service.stop());

const isTyped = ({ type = '' }: OperationDefinitionParameter) =>
  /^(boolean|date|dateTime|decimal|instant|integer|positiveInt|unsignedInt)$/.test(type);
const wanted = (type = '') => `value${type.charAt(0).toUpperCase()}${type.slice(1)}`;

interface TextFor {
  readonly sent: ParametersParameter;
  readonly expression: string;
  readonly asked: OperationDefinitionParameter;
}

/** Each parameter, with its parts, that is a number, a date or a boolean, sent as a text. */
const textsFor = (parameters: readonly OperationDefinitionParameter[]): readonly TextFor[] =>
  parameters.flatMap((each): readonly TextFor[] =>
    isTyped(each)
      ? [{ sent: { name: each.name, valueString: '1' }, expression: 'Parameters.parameter[0]', asked: each }]
      : (each.part ?? []).filter(isTyped).map((part) => ({
          sent: { name: each.name, part: [{ name: part.name, valueString: '1' }] },
          expression: 'Parameters.parameter[0].part[0]',
          asked: part,
        })),
  );

it('every operation refuses a text for each of its numbers, dates and booleans, and says the type', async () => {
  let count = 0;
  for (const { name, resourceType, definition } of [...operations, ...exportOperations]) {
    const id = definition.split('/').at(-1) ?? '';
    const { parameter = [], ...defined } = (await course.get(`/fhir/OperationDefinition/${id}`))
      .body as OperationDefinition;
    const isOnInstance = defined.instance === true;
    const type = resourceType === 'Resource' ? 'Patient' : resourceType;
    const path = ['/fhir', type, ...(isOnInstance ? ['x'] : []), `$${name}`].filter(Boolean).join('/');
    for (const { sent, expression, asked } of textsFor(parameter.filter(({ use }) => use === 'in'))) {
      const refused = await course.post(path, [sent], { Prefer: 'respond-async' });
      expect([path, refused.status, (refused.body as OperationOutcome).issue]).toEqual([
        path,
        400,
        [
          {
            severity: 'error',
            code: 'invalid',
            diagnostics: `"${asked.name}" is of type ${asked.type}: send it as ${wanted(asked.type)}, not as valueString`,
            expression: [expression],
          },
        ],
      ]);
      count += 1;
    }
  }
  expect(count).toBeGreaterThan(50);
});

it('refuses any element that holds a text, and each place at once', async () => {
  const edit = {
    name: 'edit',
    part: [
      { name: 'kind', valueCode: 'change-dose' },
      { name: 'minutes', valueCode: '20' },
      { name: 'agreed', valueString: 'true' },
    ],
  };
  const version = await course.version();
  const refused = await course.post(`/fhir/CarePlan/${course.id}/$tailor`, [edit], { 'If-Match': version });
  const { issue } = refused.body as OperationOutcome;
  expect([refused.status, issue.map(({ diagnostics }) => diagnostics)]).toEqual([
    400,
    [
      '"minutes" is of type integer: send it as valueInteger, not as valueCode',
      '"agreed" is of type boolean: send it as valueBoolean, not as valueString',
    ],
  ]);
  expect(await course.version()).toBe(version);
});

it('takes a text in an address, and a date of either kind in a body', async () => {
  const impact = '/fhir/PlanDefinition/psychosomatic-therapy/$impact';
  expect((await course.get(`${impact}?_count=1`)).status).toBe(200);
  const everything = `/fhir/${course.patient}/$everything`;
  for (const value of [{ valueDate: '2026-01-01' }, { valueDateTime: '2026-01-01T00:00:00Z' }]) {
    expect((await course.post(everything, [{ name: 'start', ...value }])).status).toBe(200);
  }
});
