// POST CarePlan/[id]/$tailor: changes the plan of a running course as it was agreed, with the reasons.
// https://hl7.org/fhir/R4/operations.html
import type { Parameters } from '@medplum/fhirtypes';
import { invalid } from '../../fhir/error.ts';
import { tailorCourse } from '../../workflows/course-changes/tailor-course.ts';
import type {
  GivenEdit,
  TailoringRequest,
  TailoringResult,
} from '../../workflows/course-changes/tailoring-request.ts';
import { tryOut } from '../../workflows/resources/try-out.ts';
import type { Operation } from '../operation.ts';
import { changedParameter } from './changed-parameter.ts';
import { givenReason, reasonNames } from './given-reason.ts';
import { issuesParameter } from './issues-parameter.ts';
import { nextParameter } from './next-parameter.ts';
import { type ParameterReader, parameterReader } from './parameter-reader.ts';

const editNames = [
  'kind',
  'session',
  'date',
  'title',
  'minutes',
  'secondMinutes',
  'days',
  'from',
  'to',
  'element',
  'shift',
  'text',
  ...reasonNames,
] as const;

export const carePlanTailor: Operation = {
  name: 'tailor',
  resourceType: 'CarePlan',
  levels: ['instance'],
  methods: ['POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/care-plan-tailor',
  async handle(request) {
    const given = parameterReader(request.parameters, ['edit', 'dryRun']);
    const asked: TailoringRequest = {
      carePlanId: request.id ?? '',
      ifMatch: request.ifMatch,
      edits: given.groups('edit', editNames).map(givenEdit),
    };
    if (!given.flag('dryRun')) {
      return { status: 200, resource: answerOf(await tailorCourse(request.context, asked)) };
    }
    const result = await tryOut(request.context, (within) => tailorCourse(within, asked));
    // What was read was seen, though nothing of it was stored.
    await request.context.noteOperation('CarePlan', '$tailor', request.id);
    return { status: 200, resource: answerOf(result) };
  },
};

function givenEdit(edit: ParameterReader): GivenEdit {
  const kind = edit.text('kind');
  if (kind === undefined) {
    throw invalid('an edit needs its "kind", such as move', edit.expression);
  }
  return {
    kind,
    session: edit.reference('session'),
    date: edit.text('date'),
    title: edit.text('title'),
    minutes: edit.minutes('minutes'),
    secondMinutes: edit.minutes('secondMinutes'),
    days: edit.integer('days'),
    from: edit.reference('from'),
    to: edit.reference('to'),
    elements: edit.references('element'),
    shift: edit.flag('shift'),
    text: edit.text('text'),
    ...givenReason(edit),
  };
}

function answerOf(result: TailoringResult): Parameters {
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'carePlan', resource: result.carePlan },
      ...result.changed.map(changedParameter),
      ...result.provenances.map((resource) => ({ name: 'provenance', resource })),
      ...issuesParameter(
        result.warnings.map((diagnostics) => ({ severity: 'warning', code: 'business-rule', diagnostics })),
      ),
      nextParameter(result.next),
    ],
  };
}
