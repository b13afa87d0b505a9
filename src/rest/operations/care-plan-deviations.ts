// GET CarePlan/[id]/$deviations: protocol, plan and what took place side by side, as Parameters.
// https://hl7.org/fhir/R4/operations.html
import type { Parameters, ParametersParameter } from '@medplum/fhirtypes';
import { invalid } from '../../fhir/error.ts';
import { type Deviations, readDeviations } from '../../workflows/course-changes/read-deviations.ts';
import { namedCoding, namedConcept } from '../../workflows/courses/names-of-codes.ts';
import { saidParameter } from '../../workflows/said-parameter.ts';
import type { Operation, OperationRequest } from '../operation.ts';
import { minutesParts } from './changed-parameter.ts';
import { type ParameterReader, parameterReader } from './parameter-reader.ts';

type Catalogue = OperationRequest['context']['catalogue'];
type ComparedSession = Deviations['sessions'][number];
type Difference = ComparedSession['differences'][number];

export const carePlanDeviations: Operation = {
  name: 'deviations',
  resourceType: 'CarePlan',
  levels: ['instance'],
  methods: ['GET', 'POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/care-plan-deviations',
  async handle(request) {
    const at = instantOf(parameterReader(request.parameters, ['at']));
    const {
      carePlan,
      sessions,
      differences: ofPlan,
      at: asOf,
    } = await readDeviations(request.context, request.id ?? '', at);
    const { catalogue } = request.context;
    const open = [...ofPlan, ...sessions.flatMap(({ differences }) => differences)].filter(
      ({ verdict }) => verdict === 'unexplained',
    );
    const answer: Parameters = {
      resourceType: 'Parameters',
      parameter: [
        { name: 'carePlan', valueReference: { reference: `CarePlan/${carePlan.id}` } },
        { name: 'at', valueInstant: asOf },
        ...ofPlan.map((each) => differenceParameter(each, catalogue)),
        ...sessions.map((each) => sessionParameter(each, catalogue)),
        { name: 'unexplained', valueInteger: open.length },
      ],
    };
    return { status: 200, resource: answer };
  },
};

const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

function instantOf(given: ParameterReader): string | undefined {
  const at = given.text('at');
  if (at !== undefined && (!instant.test(at) || Number.isNaN(Date.parse(at)))) {
    throw invalid(
      '"at" is an instant with its zone, such as 2027-02-01T09:00:00Z (in an address, + is written %2B)',
      'Parameters.parameter',
    );
  }
  return at === undefined ? undefined : new Date(Date.parse(at)).toISOString();
}

function sessionParameter(row: ComparedSession, catalogue: Catalogue): ParametersParameter {
  const { protocol, plan, delivered, missed = [] } = row;
  return {
    name: 'session',
    part: [
      { name: 'step', valueString: row.stepId },
      saidParameter('title', row.title),
      { name: 'verdict', valueCode: row.verdict },
      ...(protocol
        ? [
            {
              name: 'protocol',
              part: [{ name: 'planned', valueDate: protocol.date }, ...minutesParts(protocol)],
            },
          ]
        : []),
      ...(plan
        ? [
            {
              name: 'plan',
              part: [
                source(plan.reference),
                { name: 'status', valueCode: plan.status },
                { name: 'planned', valueDate: plan.date },
                ...minutesParts(plan),
                ...plan.elements.map(({ element }) => ({
                  name: 'element',
                  valueCoding: namedCoding(catalogue, element),
                })),
              ],
            },
          ]
        : []),
      ...missed.map(({ reference, day, reason }) => ({
        name: 'missed',
        part: [
          ...(day ? [{ name: 'day', valueDate: day }] : []),
          { name: 'reason', valueCodeableConcept: namedConcept(catalogue, reason) },
          source(reference),
        ],
      })),
      ...(delivered
        ? [
            {
              name: 'delivered',
              part: [
                source(delivered.reference),
                ...(delivered.held ? [{ name: 'held', valueDateTime: delivered.held }] : []),
                ...(delivered.minutes === undefined
                  ? []
                  : [{ name: 'minutes', valueInteger: delivered.minutes }]),
                ...delivered.elements.map((dose) => ({
                  name: 'element',
                  part: [
                    { name: 'code', valueCoding: namedCoding(catalogue, dose.element) },
                    { name: 'minutes', valueInteger: dose.minutes },
                    source(dose.source),
                  ],
                })),
              ],
            },
          ]
        : []),
      ...row.differences.map((each) => differenceParameter(each, catalogue)),
    ],
  };
}

function differenceParameter(difference: Difference, catalogue: Catalogue): ParametersParameter {
  return {
    name: 'difference',
    part: [
      { name: 'code', valueCode: difference.code },
      { name: 'verdict', valueCode: difference.verdict },
      saidParameter('text', difference.text),
      ...(difference.element
        ? [{ name: 'element', valueCoding: namedCoding(catalogue, difference.element) }]
        : []),
      ...difference.reasons.map((reason) => ({
        name: 'reason',
        valueCodeableConcept: namedConcept(catalogue, reason),
      })),
      ...difference.sources.map(source),
    ],
  };
}

const source = (reference: string): ParametersParameter => ({
  name: 'source',
  valueReference: { reference },
});
