// CodeSystem/$lookup and CodeSystem/$subsumes.
// https://hl7.org/fhir/R4/codesystem-operation-lookup.html https://hl7.org/fhir/R4/codesystem-operation-subsumes.html
import type { CodeSystem, Parameters } from '@medplum/fhirtypes';
import { canonicalOf } from '../../fhir/canonical.ts';
import { invalid, notFound } from '../../fhir/error.ts';
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

/** Two codes of one code system, and of which system and version they are said to be. */
export interface Comparison {
  readonly a: string;
  readonly b: string;
  readonly system: string | undefined;
  readonly version: string | undefined;
}

/**
 * The code of http://hl7.org/fhir/concept-subsumption-outcome. Throws FhirError 404 as lookUpCode, and 400 for codes of another system or
 * version than the one at the address.
 */
export async function compareCodes(
  context: WorkflowContext,
  name: TermName<CodeSystem>,
  comparison: Comparison,
): Promise<string> {
  await context.noteOperation('CodeSystem', '$subsumes', name.kind === 'id' ? name.id : undefined);
  const system = await findCodeSystem(context, name);
  demandOf(system, comparison);
  const found = subsumption(system, comparison.a, comparison.b);
  if (found.kind === 'unknown-code') throw unknownCode(system, found.code);
  return found.outcome;
}

function demandOf(held: CodeSystem, asked: Comparison): void {
  const place = `the address is that of ${canonicalOf(held)}`;
  if (asked.system !== undefined && asked.system !== held.url) {
    throw invalid(`the codes are of ${shown(asked.system)}, and ${place}`);
  }
  if (asked.version !== undefined && held.version !== undefined && asked.version !== held.version) {
    throw invalid(`the codes are asked about in version ${shown(asked.version)}, and ${place}`);
  }
}

const shown = (text: string) => text.slice(0, 100).toWellFormed();

function unknownCode({ url, content }: CodeSystem, code: string) {
  const part = content === 'complete' ? '' : ', of which only a part is held here';
  return notFound(`${url ?? 'The code system'} has no code "${shown(code)}"${part}`);
}
