// All findings about the content folder, of every kind, in the order of the files.
import { join } from 'node:path';
import type { StructureDefinition } from '@medplum/fhirtypes';
import { baseDefinitions } from '../../src/content/base-definitions.ts';
import { contentCodes } from '../../src/content/content-codes.ts';
import { loadCatalogue } from '../../src/content/load-catalogue.ts';
import { createValidator } from '../../src/fhir/validation/create-validator.ts';
import { codeListFindings } from './code-list-findings.ts';
import { conditionFindings } from './condition-findings.ts';
import { type ContentFile, type Finding, readContentFiles } from './content-file.ts';
import { coverageFindings } from './coverage-findings.ts';
import { formFindings } from './form-findings.ts';
import { hl7Findings } from './hl7-findings.ts';
import { measureFindings } from './measure-findings.ts';
import { metadataFindings } from './metadata-findings.ts';
import { referenceFindings } from './reference-findings.ts';
import { scoreFindings } from './score-findings.ts';
import { sourceFindings } from './source-findings.ts';
import { translationFindings } from './translation-findings.ts';
import { wordingFindings } from './wording-findings.ts';

export interface ContentReport {
  readonly files: number;
  readonly findings: readonly Finding[];
}

export async function contentFindings(directory: string): Promise<ContentReport> {
  const { files, findings } = readContentFiles(directory);
  const all = [
    ...findings,
    ...validityFindings(files, files, join(directory, 'base')),
    ...[
      referenceFindings,
      metadataFindings,
      translationFindings,
      sourceFindings,
      formFindings,
      coverageFindings,
      codeListFindings,
      wordingFindings,
      hl7Findings,
      measureFindings,
    ].flatMap((findingsIn) => findingsIn(files)),
    ...(await loadedFindings(directory, files)),
  ];
  return {
    files: files.length,
    findings: all.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0)),
  };
}

/** What is not valid R4, or not as our own definitions among `all` have it. */
export function validityFindings(
  files: readonly ContentFile[],
  all: readonly ContentFile[],
  base: string,
): readonly Finding[] {
  const definitions = baseDefinitions(base);
  const ourCodes = contentCodes(all.map(({ resource }) => resource));
  const validator = createValidator({
    definition: (name) => definitions.definition(name),
    valueSet: (url) => definitions.requiredCodes(url) ?? ourCodes(url),
    profiles: all
      .map(({ resource }) => resource)
      .filter((resource): resource is StructureDefinition => resource.resourceType === 'StructureDefinition'),
  });
  return files.flatMap(({ file, resource }) =>
    validator
      .validate(resource)
      .filter(({ severity }) => severity === 'error' || severity === 'fatal')
      .map((issue) => ({
        file,
        fault: `${issue.expression?.[0] ?? ''}: ${issue.diagnostics ?? issue.code}`,
      })),
  );
}

/** What the service itself would refuse at start, and what only a loaded catalogue can tell. */
async function loadedFindings(directory: string, files: readonly ContentFile[]): Promise<readonly Finding[]> {
  try {
    const catalogue = loadCatalogue(directory);
    return [...scoreFindings(files, catalogue), ...(await conditionFindings(files, catalogue))];
  } catch (error) {
    return [{ file: '', fault: error instanceof Error ? error.message : String(error) }];
  }
}
