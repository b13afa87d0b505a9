// ValueSet/$expand: the codes of a value set with their displays. https://hl7.org/fhir/R4/valueset-operation-expand.html
import type { ValueSet } from '@medplum/fhirtypes';
import { FhirError } from '../../fhir/error.ts';
import { type ExpansionRequest, expansionOf } from '../../terminology/expand.ts';
import type { WorkflowContext } from '../context.ts';
import { findValueSet, type TermName } from './find-terminology.ts';

/** Throws FhirError 404 for a value set that is not held, 422 for one with parts that are not. */
export async function expandValueSet(
  context: WorkflowContext,
  name: TermName<ValueSet>,
  request: ExpansionRequest,
): Promise<ValueSet> {
  await context.noteOperation('ValueSet', '$expand', name.kind === 'id' ? name.id : undefined);
  const { valueSet, source } = await findValueSet(context, name);
  const at = context.clock.now().toISOString();
  const expansion = expansionOf(valueSet, source, request, { at, identifier: `urn:uuid:${context.newId()}` });
  if (!expansion) throw notListed(valueSet);
  return expansion;
}

/** A part of a list must not pass for the whole. */
export function notListed({ url }: ValueSet): FhirError {
  const diagnostics = `${url ?? 'The value set given'} cannot be listed: one of its parts is not held here, or not in the version that it names, is held in part only, or is chosen by a filter other than is-a and descendent-of`;
  return new FhirError(422, [{ severity: 'error', code: 'not-supported', diagnostics }]);
}
