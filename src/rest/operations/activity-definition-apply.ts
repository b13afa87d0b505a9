// ActivityDefinition/$apply and ActivityDefinition/[id]/$apply: https://hl7.org/fhir/R4/activitydefinition-operation-apply.html
import { invalid } from '../../fhir/error.ts';
import { applyActivityDefinition } from '../../workflows/plans/apply-activity-definition.ts';
import type { Operation } from '../operation.ts';
import { definitionName, type Named, namesOf, unusedNames } from './definition-name.ts';
import { parameterReader } from './parameter-reader.ts';

const activity: Named = { type: 'ActivityDefinition', parameter: 'activityDefinition', word: 'activity' };

export const activityDefinitionApply: Operation = {
  name: 'apply',
  resourceType: 'ActivityDefinition',
  levels: ['type', 'instance'],
  methods: ['GET', 'POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/activity-definition-apply',
  async handle(operation) {
    const given = parameterReader(operation.parameters, [
      ...namesOf(activity),
      ...unusedNames,
      'subject',
      'encounter',
      'practitioner',
      'organization',
      'data',
      'strict',
    ]);
    const subject = given.reference('subject');
    if (!subject) {
      throw invalid('"subject" is needed: the patient, such as "Patient/x"', 'Parameters.parameter');
    }
    const encounter = given.reference('encounter');
    const practitioner = given.reference('practitioner');
    const organization = given.reference('organization');
    const data = given.resources('data');
    const resource = await applyActivityDefinition(operation.context, {
      activity: definitionName(operation, given, activity),
      subject,
      ...(encounter && { encounter }),
      ...(practitioner && { practitioner }),
      ...(organization && { organization }),
      ...(data.length > 0 && { data }),
      isStrict: given.flag('strict') ?? false,
    });
    return { status: 200, resource };
  },
};
