// POST PlanDefinition/[id]/$start-pairs: begins a course for pairs of a patient and a therapist by this plan.
// https://hl7.org/fhir/R4/operations.html
import { invalid } from '../../fhir/error.ts';
import { startPairs } from '../../workflows/pairs/start-pairs.ts';
import type { Operation } from '../operation.ts';
import { contentMark } from './content-mark.ts';
import { courseBegun } from './course-begun.ts';
import { type ParameterReader, parameterReader } from './parameter-reader.ts';

const names = ['instructor', 'pair', 'sizeReason', 'start', 'day', 'datesReason', 'place'] as const;
const pairNames = ['patient', 'therapist', 'patientConsent', 'therapistConsent'] as const;

export const planDefinitionStartPairs: Operation = {
  name: 'start-pairs',
  resourceType: 'PlanDefinition',
  levels: ['instance'],
  methods: ['POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/plan-definition-start-pairs',
  async handle(request) {
    const given = parameterReader(request.parameters, names);
    const result = await startPairs(request.context, {
      planId: request.id ?? '',
      instructors: given.groups('instructor', ['who', 'role']).map((instructor) => ({
        who: needed(instructor, 'who'),
        role: needed(instructor, 'role'),
      })),
      pairs: given.groups('pair', pairNames).map((pair) => ({
        patients: pair.references('patient'),
        therapists: pair.references('therapist'),
        patientConsent: pair.text('patientConsent'),
        therapistConsent: pair.text('therapistConsent'),
        expression: pair.expression,
      })),
      sizeReason: given.text('sizeReason'),
      start: given.text('start'),
      days: given.texts('day'),
      datesReason: given.text('datesReason'),
      place: given.reference('place'),
      contentMark: contentMark('PlanDefinition/$start-pairs', request),
      idempotencyKey: request.idempotencyKey,
    });
    return courseBegun(result);
  },
};

function needed(reader: ParameterReader, name: string) {
  const value = reader.reference(name);
  if (value === undefined) {
    throw invalid(`an "instructor" needs "who" and "role"`, reader.expression);
  }
  return value;
}
