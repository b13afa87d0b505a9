// The real validator on the vendored R4 definitions, with the profiles that a test brings.
import { fileURLToPath } from 'node:url';
import type { OperationOutcomeIssue, Resource, StructureDefinition } from '@medplum/fhirtypes';
import { baseDefinitions } from '../../../src/content/base-definitions.ts';
import { createValidator } from '../../../src/fhir/validation/create-validator.ts';
import type { Validator } from '../../../src/fhir/validator.ts';

const base = baseDefinitions(fileURLToPath(new URL('../../../fhir-profiles/base/', import.meta.url)));

export const validatorOnBase = (profiles: readonly StructureDefinition[] = []): Validator =>
  createValidator({
    definition: (name) => base.definition(name),
    valueSet: (url) => base.requiredCodes(url),
    profiles,
  });

/** As a client would send it: any JSON. */
export const asSent = (value: unknown): Resource => JSON.parse(JSON.stringify(value)) as Resource;

export const error = (
  code: OperationOutcomeIssue['code'],
  expression: string,
  diagnostics: string,
): OperationOutcomeIssue => ({ severity: 'error', code, diagnostics, expression: [expression] });
