// POST Patient/[id]/$refer: sends a patient's referral to one candidate or several, or keeps it as a draft.
// https://hl7.org/fhir/R4/operations.html
import type { Bundle } from '@medplum/fhirtypes';
import { referPatient } from '../../workflows/referrals/refer-patient.ts';
import type { Operation } from '../operation.ts';
import { contentMark } from './content-mark.ts';
import { parameterReader } from './parameter-reader.ts';

const names = [
  'requester',
  'owner',
  'reason',
  'explanationGiven',
  'explanationNotGivenReason',
  'explanation',
  'explanationReceived',
  'patientWords',
  'note',
  'supportingInfo',
  'consent',
  'referral',
  'draft',
] as const;

export const patientRefer: Operation = {
  name: 'refer',
  resourceType: 'Patient',
  levels: ['instance'],
  methods: ['POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/patient-refer',
  async handle(request) {
    const given = parameterReader(request.parameters, names);
    const result = await referPatient(request.context, {
      patientId: request.id ?? '',
      requester: given.reference('requester'),
      owners: given.references('owner'),
      reason: given.concept('reason'),
      explanationGiven: given.flag('explanationGiven'),
      explanationNotGivenReason: given.text('explanationNotGivenReason'),
      explanation: given.text('explanation'),
      explanationReceived: given.text('explanationReceived'),
      patientWords: given.text('patientWords'),
      note: given.text('note'),
      supportingInfo: given.references('supportingInfo'),
      consent: given.reference('consent'),
      referral: given.reference('referral'),
      draft: given.flag('draft'),
      contentMark: contentMark('Patient/$refer', request),
      idempotencyKey: request.idempotencyKey,
    });
    const [task] = result.tasks;
    const bundle: Bundle = {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [result.serviceRequest, ...result.tasks].map((resource) => ({ resource })),
    };
    return {
      status: result.kind === 'created' ? 201 : 200,
      resource: bundle,
      location: task?.id ? `Task/${task.id}` : `ServiceRequest/${result.serviceRequest.id}`,
    };
  },
};
