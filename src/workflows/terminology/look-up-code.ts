// CodeSystem/$lookup and CodeSystem/$subsumes.
// https://hl7.org/fhir/R4/codesystem-operation-lookup.html https://hl7.org/fhir/R4/codesystem-operation-subsumes.html
import type { CodeSystem, Parameters } from '@medplum/fhirtypes';
import { notFound } from '../../fhir/error.ts';
import { type LookUpRequest, lookUp } from '../../terminology/look-up.ts';
import { subsumption } from '../../terminology/subsumes.ts';
import type { WorkflowContext } from '../context.ts';
import { findCodeSystem, type TermName } from './find-terminology.ts';

/** Throws FhirError 404 for a code system that is not held or a code that it does not have. */
export async function lookUpCode(
  context: WorkflowContext,
  name: TermName<CodeSystem>,
  request: LookUpRequest,
): Promise<Parameters> {
  await context.noteOperation('CodeSystem', '$lookup');
  const system = await findCodeSystem(context, name);
  const found = lookUp(system, request);
  if (!found) throw unknownCode(system, request.code);
  return found;
}

/** The code of http://hl7.org/fhir/concept-subsumption-outcome. Throws FhirError 404 as lookUpCode. */
export async function compareCodes(
  context: WorkflowContext,
  name: TermName<CodeSystem>,
  codeA: string,
  codeB: string,
): Promise<string> {
  await context.noteOperation('CodeSystem', '$subsumes', name.kind === 'id' ? name.id : undefined);
  const system = await findCodeSystem(context, name);
  const found = subsumption(system, codeA, codeB);
  if (found.kind === 'unknown-code') throw unknownCode(system, found.code);
  return found.outcome;
}

function unknownCode({ url, content }: CodeSystem, code: string) {
  const part = content === 'complete' ? '' : ', of which only a part is held here';
  return notFound(`${url ?? 'The code system'} has no code "${code.slice(0, 100).toWellFormed()}"${part}`);
}
