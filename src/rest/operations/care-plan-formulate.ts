// POST CarePlan/[id]/$formulate: records the explanation that person and therapist share, as it stands after a talk.
// https://hl7.org/fhir/R4/operations.html
import type { Parameters } from '@medplum/fhirtypes';
import { invalid } from '../../fhir/error.ts';
import {
  type FormulationRequest,
  recordFormulation,
} from '../../workflows/formulation/record-formulation.ts';
import type { Operation } from '../operation.ts';
import { demanded } from './needed.ts';
import { type ParameterReader, parameterReader } from './parameter-reader.ts';

const names = ['state', 'reason', 'summary', 'factor', 'date', 'encounter', 'previous'] as const;
const factorNames = ['id', 'role', 'text', 'side', 'view', 'sure', 'basis', 'evidence'] as const;

export const carePlanFormulate: Operation = {
  name: 'formulate',
  resourceType: 'CarePlan',
  levels: ['instance'],
  methods: ['POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/care-plan-formulate',
  async handle(request) {
    const given = parameterReader(request.parameters, names);
    const factors = given.groups('factor', factorNames).map(talkedFactor);
    const reason = given.text('reason');
    const summary = given.text('summary');
    const date = given.text('date');
    const encounter = given.reference('encounter');
    const previous = given.reference('previous');
    if (factors.length === 0 && summary === undefined) {
      throw invalid(
        'an explanation has at least one "factor", or a "summary" in plain words',
        given.expression,
      );
    }
    const result = await recordFormulation(request.context, {
      carePlanId: request.id ?? '',
      ifMatch: request.ifMatch,
      state: demanded(
        given.text('state'),
        'say how far you are: "state" is suggested, talked-through or agreed',
        given,
      ),
      factors,
      ...(reason && { reason }),
      ...(summary && { summary }),
      ...(date && { date }),
      ...(encounter && { encounter }),
      ...(previous && { previous }),
    });
    const answer: Parameters = {
      resourceType: 'Parameters',
      parameter: [
        { name: 'formulation', resource: result.formulation },
        { name: 'carePlan', resource: result.carePlan },
        ...result.allowed.map((state) => ({ name: 'allowedNext', valueCode: state })),
      ],
    };
    return result.kind === 'created'
      ? { status: 201, resource: answer, location: `ClinicalImpression/${result.formulation.id}` }
      : { status: 200, resource: answer };
  },
};

function talkedFactor(factor: ParameterReader): FormulationRequest['factors'][number] {
  const id = factor.text('id');
  const sure = factor.integer('sure');
  const basis = factor.text('basis');
  const views = factor.texts('view').map(({ value }) => value);
  if (views.length === 0) {
    throw invalid('say whose view a factor is: "view" is patient, therapist or gp', factor.expression);
  }
  return {
    role: demanded(
      factor.text('role'),
      'a factor needs its "role": predisposing, precipitating or perpetuating',
      factor,
    ),
    text: demanded(factor.text('text'), 'a factor needs its "text", in the person\'s own words', factor),
    sides: factor.texts('side').map(({ value }) => value),
    views,
    evidence: factor.references('evidence').map(({ value }) => value),
    ...(id && { id }),
    ...(sure !== undefined && { sure }),
    ...(basis && { basis }),
    expression: factor.expression,
  };
}
