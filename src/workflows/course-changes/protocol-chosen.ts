// Checks the version of a protocol that somebody names for a course: of the same protocol, known, in use, and no older than its own.
import type { CarePlan, PlanDefinition } from '@medplum/fhirtypes';
import { isEarlierVersion } from '../../course/plan/protocol-version.ts';
import type { ProtocolReference } from '../../course/plan/tailored-resources.ts';
import { canonicalOf, parseCanonical } from '../../fhir/canonical.ts';
import { businessRule, invalid } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { findProtocol } from '../courses/protocol-of-course.ts';
import type { Given } from '../resources/read-known.ts';

export interface ChosenProtocol {
  readonly definition: PlanDefinition;
  readonly reference: ProtocolReference;
  /** The course runs on it. */
  readonly isOwn: boolean;
}

/** Refused: 400 none named, or none with its version; 422 another protocol, an unknown, unused or older version. */
export async function protocolChosen(
  context: WorkflowContext,
  carePlan: CarePlan,
  to: Given | undefined,
): Promise<ChosenProtocol> {
  const own = parseCanonical(carePlan.instantiatesCanonical?.[0] ?? '');
  if (!to) {
    throw invalid(
      `"to" is needed: the version to go on by, such as ${own.url}|2.0.0`,
      'Parameters.parameter',
    );
  }
  const { value, expression } = to;
  const { url, version } = parseCanonical(value);
  if (version === undefined || version === '') {
    throw invalid(`name the version too, such as ${url}|2.0.0`, expression);
  }
  if (url !== own.url) {
    throw businessRule(
      `CarePlan/${carePlan.id} runs by ${own.url || 'no protocol'}: another protocol is another course`,
      expression,
    );
  }
  const definition = await findProtocol(context, value);
  if (!definition) {
    throw businessRule(
      `version ${version} of ${url} is not known: search PlanDefinition?url=${url} for the one that is current`,
      expression,
    );
  }
  if (isEarlierVersion(version, own.version)) {
    throw businessRule(
      `the course runs by version ${own.version}, and ${version} is older: a course does not go back to an older version`,
      expression,
    );
  }
  if (definition.status !== 'active') {
    throw businessRule(
      `version ${version} of ${url} is ${definition.status}: a course goes on by a version that is active`,
      expression,
    );
  }
  return { definition, reference: referenceTo(definition), isOwn: version === own.version };
}

function referenceTo(definition: PlanDefinition): ProtocolReference {
  const versionId = definition.meta?.versionId;
  return {
    reference: `PlanDefinition/${definition.id}${versionId === undefined ? '' : `/_history/${versionId}`}`,
    canonical: canonicalOf(definition) ?? '',
  };
}
