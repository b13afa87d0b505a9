// A plan or an activity that stands in the request itself, as R4's $apply takes one. Its expressions are run for whoever could store it.
import type { ActivityDefinition, PlanDefinition, Resource } from '@medplum/fhirtypes';
import { may } from '../../auth/permits.ts';
import { idsWithin } from '../../fhir/deterministic-id.ts';
import { forbidden, invalid } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';

interface GivenName {
  readonly definition: Resource;
  readonly expression: string;
}

/** RFC 9562: the namespace of names that are URLs. */
const urlIds = idsWithin('6ba7b811-9dad-11d1-80b4-00c04fd430c8');

/** One without a url and an id gets an id that follows from what it says, so that two of them are never taken for one. Refused: 400, 403. */
export function givenDefinition<T extends PlanDefinition | ActivityDefinition>(
  { actor }: WorkflowContext,
  type: T['resourceType'],
  { definition, expression }: GivenName,
): T {
  if (!isOfType<T>(definition, type)) throw invalid(`a ${type} is asked for`, expression);
  if (!may(actor, type, 'create')) {
    throw forbidden(
      `This token (${actor.role}) may not store a ${type}, so none inside its request is applied: name one that is stored here`,
      expression,
    );
  }
  if (definition.url !== undefined || definition.id !== undefined) return definition;
  return { ...definition, id: urlIds(`https://w3id.org/alongside/fhir/given ${JSON.stringify(definition)}`) };
}

function isOfType<T extends Resource>(resource: Resource, type: T['resourceType']): resource is T {
  return resource.resourceType === type;
}
