// The content of the course (codes, extensions, operation definitions, examples) is valid R4 and says what the code says.
import { readdirSync, readFileSync } from 'node:fs';
import type { CodeSystem, OperationDefinition, Resource } from '@medplum/fhirtypes';
import { extensionUrl } from '../../../src/course/course-codes.ts';
import { referralStatusDisplays } from '../../../src/course/referral/referral-moves.ts';
import { carePlanCourse } from '../../../src/rest/operations/care-plan-course.ts';
import { carePlanSessionComplete } from '../../../src/rest/operations/care-plan-session-complete.ts';
import { patientRefer } from '../../../src/rest/operations/patient-refer.ts';
import { planDefinitionEnroll } from '../../../src/rest/operations/plan-definition-enroll.ts';
import { validator } from './course-world.ts';

const root = new URL('../../../fhir-profiles/', import.meta.url);
const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, root), 'utf8'));

const files = [
  ...['course', 'referral-status'].flatMap((id) => [
    `terminology/CodeSystem-${id}.json`,
    `terminology/ValueSet-${id}.json`,
  ]),
  ...['gas-t-score', 'goal-attainment'].map((id) => `observations/ObservationDefinition-${id}.json`),
  ...readdirSync(new URL('capability/', root))
    .filter((name) => /^OperationDefinition-(patient-refer|plan-definition-enroll|care-plan-)/.test(name))
    .map((name) => `capability/${name}`),
  ...readdirSync(new URL('examples/', root))
    .filter((name) => /-example-.*\.json$/.test(name))
    .map((name) => `examples/${name}`),
];

describe('the content of the course', () => {
  it.each(files)('%s is valid R4', (path) => {
    const errors = validator
      .validate(read(path) as Resource)
      .filter(({ severity }) => severity === 'error' || severity === 'fatal');
    expect(errors).toEqual([]);
  });

  it('has a definition for each of our extensions', () => {
    const ours = Object.values(extensionUrl).filter((url) => url.startsWith('https://w3id.org/alongside/'));
    for (const url of ours) {
      const id = url.split('/').at(-1);
      expect(read(`profiles/StructureDefinition-${id}.json`)).toMatchObject({ url, type: 'Extension' });
    }
  });

  it('names the statuses of a referral as the code does', () => {
    const { concept } = read('terminology/CodeSystem-referral-status.json') as CodeSystem;
    expect(Object.fromEntries((concept ?? []).map(({ code, display }) => [code, display]))).toEqual(
      referralStatusDisplays,
    );
  });

  it.each([patientRefer, planDefinitionEnroll, carePlanSessionComplete, carePlanCourse])(
    '$name is defined where it says',
    (operation) => {
      const id = operation.definition.split('/').at(-1);
      const definition = read(`capability/OperationDefinition-${id}.json`) as OperationDefinition;
      expect(definition).toMatchObject({
        url: operation.definition,
        code: operation.name,
        resource: [operation.resourceType],
        affectsState: !operation.methods.includes('GET'),
      });
    },
  );

  it.each([patientRefer, planDefinitionEnroll, carePlanSessionComplete])(
    '$name takes exactly the parameters that are defined',
    async (operation) => {
      const id = operation.definition.split('/').at(-1);
      const definition = read(`capability/OperationDefinition-${id}.json`) as OperationDefinition;
      const defined = (definition.parameter ?? []).filter(({ use }) => use === 'in').map(({ name }) => name);
      const unknown = { name: 'unknown-to-all', valueString: 'x' };
      const call = async () =>
        operation.handle({
          // Names are read before anything else is touched.
          context: { actor: {} } as Parameters<typeof operation.handle>[0]['context'],
          id: 'x',
          parameters: { resourceType: 'Parameters', parameter: [unknown] },
        });
      await expect(call()).rejects.toThrow(
        `unknown parameter "unknown-to-all"; known here: ${defined.join(', ')}`,
      );
    },
  );
});
