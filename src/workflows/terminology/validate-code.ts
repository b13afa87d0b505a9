// ValueSet/$validate-code and CodeSystem/$validate-code.
// https://hl7.org/fhir/R4/valueset-operation-validate-code.html https://hl7.org/fhir/R4/codesystem-operation-validate-code.html
import type { CodeSystem, ValueSet } from '@medplum/fhirtypes';
import {
  type CodeQuestion,
  type CodeVerdict,
  validateInCodeSystem,
  validateInValueSet,
} from '../../terminology/validate-code.ts';
import type { WorkflowContext } from '../context.ts';
import { notListed } from './expand-value-set.ts';
import { findCodeSystem, findValueSet, type TermName } from './find-terminology.ts';

export type { CodeQuestion, CodeVerdict };

/** Throws FhirError 404 for a value set that is not held, 422 for one that cannot be listed. */
export async function validateCodeInValueSet(
  context: WorkflowContext,
  name: TermName<ValueSet>,
  question: CodeQuestion,
): Promise<CodeVerdict> {
  await context.noteOperation('ValueSet', '$validate-code', name.kind === 'id' ? name.id : undefined);
  const { valueSet, source } = await findValueSet(context, name);
  const verdict = validateInValueSet(valueSet, source, question);
  if (!verdict) throw notListed(valueSet);
  return verdict;
}

/** Throws FhirError 404 for a code system that is not held. */
export async function validateCodeInCodeSystem(
  context: WorkflowContext,
  name: TermName<CodeSystem>,
  question: CodeQuestion,
): Promise<CodeVerdict> {
  await context.noteOperation('CodeSystem', '$validate-code', name.kind === 'id' ? name.id : undefined);
  return validateInCodeSystem(await findCodeSystem(context, name), question);
}
