// CodeSystem/$subsumes and CodeSystem/[id]/$subsumes: https://hl7.org/fhir/R4/codesystem-operation-subsumes.html
import type { CodeSystem, Parameters } from '@medplum/fhirtypes';
import { invalid } from '../../fhir/error.ts';
import type { TermName } from '../../workflows/terminology/find-terminology.ts';
import { compareCodes } from '../../workflows/terminology/look-up-code.ts';
import type { Operation } from '../operation.ts';
import { type ParameterReader, parameterReader } from './parameter-reader.ts';

export const codeSystemSubsumes: Operation = {
  name: 'subsumes',
  resourceType: 'CodeSystem',
  levels: ['type', 'instance'],
  methods: ['GET', 'POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/code-system-subsumes',
  async handle({ context, id, parameters }) {
    const given = parameterReader(parameters, ['codeA', 'codeB', 'system', 'version', 'codingA', 'codingB']);
    const [a, b] = [sideOf(given, 'A'), sideOf(given, 'B')];
    const systems = [given.text('system'), a.system, b.system].filter((each) => each !== undefined);
    if (new Set(systems).size > 1) {
      throw invalid('both codes must be of one code system', given.expression);
    }
    const versions = [given.text('version'), a.version, b.version].filter((each) => each !== undefined);
    if (new Set(versions).size > 1) {
      throw invalid('both codes must be of one version of the code system', given.expression);
    }
    const [system, version] = [systems[0], versions[0]];
    const name = nameOf(given, { system, version }, id);
    const outcome = await compareCodes(context, name, { a: a.code, b: b.code, system, version });
    const answer: Parameters = {
      resourceType: 'Parameters',
      parameter: [{ name: 'outcome', valueCode: outcome }],
    };
    return { status: 200, resource: answer };
  },
};

function nameOf(
  given: ParameterReader,
  { system, version }: { readonly system: string | undefined; readonly version: string | undefined },
  id: string | undefined,
): TermName<CodeSystem> {
  if (id !== undefined) {
    if (given.has('system'))
      throw invalid('the code system is already named by the address', given.expression);
    return { kind: 'id', id };
  }
  if (system === undefined) throw invalid('"system" is needed: the url of the code system', given.expression);
  const canonical = version === undefined ? system : `${system}|${version}`;
  return { kind: 'canonical', canonical, expression: given.expression };
}

function sideOf(
  given: ParameterReader,
  side: 'A' | 'B',
): { readonly code: string; readonly system?: string | undefined; readonly version?: string | undefined } {
  const code = given.text(`code${side}`);
  const coding = given.coding(`coding${side}`)?.value;
  const found = code ?? coding?.code;
  if (found === undefined || (code !== undefined && coding)) {
    throw invalid(`one of "code${side}" and "coding${side}" is needed`, given.expression);
  }
  return { code: found, system: coding?.system, version: coding?.version };
}
