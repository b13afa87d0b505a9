// GET PlanDefinition/[id]/$impact: which running courses a new version of a protocol would change, and how.
// https://hl7.org/fhir/R4/operations.html
import type { Parameters, ParametersParameter } from '@medplum/fhirtypes';
import { invalid } from '../../fhir/error.ts';
import { type Impact, type ImpactRequest, readImpact } from '../../workflows/course-changes/read-impact.ts';
import type { Operation } from '../operation.ts';
import { type ParameterReader, parameterReader } from './parameter-reader.ts';
import { stepImpactParameter } from './step-impact-parameter.ts';

export const planDefinitionImpact: Operation = {
  name: 'impact',
  resourceType: 'PlanDefinition',
  levels: ['instance'],
  methods: ['GET', 'POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/plan-definition-impact',
  async handle(request) {
    const given = parameterReader(request.parameters, ['version', 'from', '_count', '_cursor']);
    const asked: ImpactRequest = {
      planId: request.id ?? '',
      version: given.text('version'),
      from: given.text('from'),
      count: countOf(given),
      cursor: given.text('_cursor'),
    };
    const impact = await readImpact(request.context, asked);
    const answer: Parameters = {
      resourceType: 'Parameters',
      parameter: [
        { name: 'to', valueCanonical: impact.to },
        ...impact.protocols.map(protocolParameter),
        ...impact.courses.map(courseParameter),
        ...(impact.next === undefined ? [] : [{ name: 'next', valueUri: nextPage(asked, impact.next) }]),
      ],
    };
    return { status: 200, resource: answer };
  },
};

const usualCount = 20;
/** Each course is read as a whole. */
const mostCount = 50;

function countOf(given: ParameterReader): number {
  const count = given.integer('_count') ?? usualCount;
  if (count < 1) throw invalid('"_count" is a whole number from 1', 'Parameters.parameter');
  return Math.min(count, mostCount);
}

/** Relative to the base of the service. */
function nextPage({ planId, version, from, count }: ImpactRequest, cursor: string): string {
  const query = new URLSearchParams({
    ...(version !== undefined && { version }),
    ...(from !== undefined && { from }),
    _count: String(count),
    _cursor: cursor,
  });
  return `PlanDefinition/${planId}/$impact?${query.toString()}`;
}

function protocolParameter({ from, actions }: Impact['protocols'][number]): ParametersParameter {
  return {
    name: 'protocol',
    part: [
      { name: 'from', valueCanonical: from },
      { name: 'isKnown', valueBoolean: actions !== undefined },
      ...(actions ?? []).map(({ actionId, title, change, elements }) => ({
        name: 'action',
        part: [
          { name: 'action', valueString: actionId },
          { name: 'title', valueString: title },
          { name: 'change', valueCode: change },
          ...elements.map((element) => ({ name: 'element', valueString: element })),
        ],
      })),
    ],
  };
}

function courseParameter(course: Impact['courses'][number]): ParametersParameter {
  const { carePlan, runsOn, answer, answeredBy, words, steps } = course;
  return {
    name: 'course',
    part: [
      { name: 'carePlan', valueReference: { reference: `CarePlan/${carePlan.id}` } },
      { name: 'versionId', valueString: carePlan.meta?.versionId ?? '' },
      { name: 'subject', valueReference: { reference: carePlan.subject.reference ?? '' } },
      { name: 'status', valueCode: carePlan.status },
      { name: 'runsOn', valueCanonical: runsOn },
      { name: 'answer', valueCode: answer },
      ...(answeredBy
        ? [{ name: 'answeredBy', valueReference: { reference: `Provenance/${answeredBy.id}` } }]
        : []),
      ...(words === undefined ? [] : [{ name: 'text', valueString: words }]),
      ...steps.map(stepImpactParameter),
    ],
  };
}
