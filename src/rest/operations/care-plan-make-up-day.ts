// POST CarePlan/[id]/$make-up-day: gives a member of a group a day of their own instead of one that they missed.
// https://hl7.org/fhir/R4/operations.html
import { invalid } from '../../fhir/error.ts';
import { planMakeUpDay } from '../../workflows/groups/plan-make-up-day.ts';
import type { Operation } from '../operation.ts';
import { parameterReader } from './parameter-reader.ts';

export const carePlanMakeUpDay: Operation = {
  name: 'make-up-day',
  resourceType: 'CarePlan',
  levels: ['instance'],
  methods: ['POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/care-plan-make-up-day',
  async handle(request) {
    const given = parameterReader(request.parameters, ['offer', 'date']);
    const [offer, at] = [given.reference('offer'), given.reference('date')];
    if (!offer || !at) {
      throw invalid(
        '"offer" and "date" are needed: which offer the person takes, and when',
        'Parameters.parameter',
      );
    }
    const result = await planMakeUpDay(request.context, {
      carePlanId: request.id ?? '',
      offer,
      at,
      ifMatch: request.ifMatch,
    });
    return {
      status: 201,
      resource: {
        resourceType: 'Parameters',
        parameter: [
          { name: 'carePlan', resource: result.carePlan },
          { name: 'session', resource: result.session },
        ],
      },
      location: `ServiceRequest/${result.session.id}`,
    };
  },
};
