// Conditions in CQL: the name of a definition that a library of the plan holds as ELM, written here by hand, run over the declared inputs.
import type { Library, PlanDefinition, Resource } from '@medplum/fhirtypes';
import { runCql } from '../../../src/fhir/cql.ts';
import { applyPlan } from '../../../src/pathways/apply-plan.ts';
import { compilePlan } from '../../../src/pathways/compile-plan.ts';
import { judgePlan } from '../../../src/pathways/judge-plan.ts';
import { anna, inputFor, now, redFlag } from './plan-world.ts';

const fhirType = (name: string) => `{http://hl7.org/fhir}${name}`;
const retrieve = (name: string) => ({ type: 'Retrieve', dataType: fhirType(name) });
const define = (name: string, expression: object) => ({ name, context: 'Patient', expression });

const elm = {
  library: {
    identifier: { id: 'OpenFlags', version: '1.0.0' },
    schemaIdentifier: { id: 'urn:hl7-org:elm', version: 'r1' },
    usings: {
      def: [
        { localIdentifier: 'System', uri: 'urn:hl7-org:elm-types:r1' },
        { localIdentifier: 'FHIR', uri: 'http://hl7.org/fhir', version: '4.0.1' },
      ],
    },
    statements: {
      def: [
        define('Patient', { type: 'SingletonFrom', operand: retrieve('Patient') }),
        define('Has Flag', { type: 'Exists', operand: retrieve('Flag') }),
        define('Nothing', { type: 'Null' }),
        define('Year Now', { type: 'DateTimeComponentFrom', precision: 'Year', operand: { type: 'Now' } }),
        define('Broken', { type: 'FunctionRef', name: 'missing', operand: [] }),
      ],
    },
  },
};

const library: Library = {
  resourceType: 'Library',
  status: 'active',
  url: 'https://example.org/Library/OpenFlags',
  version: '1',
  name: 'OpenFlags',
  type: { coding: [{ code: 'logic-library' }] },
  content: [{ contentType: 'application/elm+json', data: btoa(JSON.stringify(elm)) }],
};

const definitions = {
  definition: () => undefined,
  library: (canonical: string) => (canonical === library.url ? library : undefined),
};

type Language = 'text/cql.identifier' | 'text/cql-identifier' | 'text/cql';

function planWith(expression: string, language = 'text/cql.identifier' as Language): PlanDefinition {
  return {
    resourceType: 'PlanDefinition',
    status: 'active',
    url: 'https://example.org/cql',
    library: [library.url ?? ''],
    action: [
      {
        id: 'look',
        input: [
          {
            id: 'flags',
            type: 'Flag',
            extension: [
              {
                url: 'https://w3id.org/alongside/fhir/StructureDefinition/absent-means',
                valueCode: 'none',
              },
            ],
          },
        ],
        condition: [{ kind: 'applicability', expression: { language: language as 'text/cql', expression } }],
      },
    ],
  };
}

async function judged(plan: PlanDefinition, flags: readonly Resource[] | 'not asked' = []) {
  const compiled = compilePlan(plan, definitions, 'published');
  const key = [...compiled.inputs.values()][0]?.key ?? '';
  const isAsked = flags !== 'not asked';
  const cql = await runCql(compiled.cql, [anna, ...(isAsked ? flags : [])], now);
  const facts = new Map(isAsked ? [[key, flags]] : []);
  const [action] = judgePlan(compiled, { subject: anna, facts, now, cql }).actions;
  return { verdict: action?.verdict, missing: action?.missing, issues: compiled.issues };
}

it.each(['text/cql.identifier', 'text/cql-identifier', 'text/cql'] as const)(
  'is met or not met by the data, in %s',
  async (language) => {
    expect((await judged(planWith('Has Flag', language), [redFlag])).verdict).toBe('met');
    expect((await judged(planWith('"Has Flag"', language), [])).verdict).toBe('not-met');
    expect((await judged(planWith('OpenFlags."Has Flag"', language), [redFlag])).verdict).toBe('met');
  },
);

it('is unknown, never not met, without data, with null, with something else than true or false, and when it breaks', async () => {
  expect(await judged(planWith('Has Flag'), 'not asked')).toMatchObject({
    verdict: 'unknown',
    missing: ['%flags: no Flag is on record'],
  });
  expect((await judged(planWith('Nothing'))).verdict).toBe('unknown');
  expect((await judged(planWith('Year Now'))).missing).toEqual([
    'the expression gave no single true or false',
  ]);
  expect((await judged(planWith('Broken'))).missing?.[0]).toMatch(/^the expression failed: /);
});

it('reads the instant that it is given, never the clock', async () => {
  const answers = await runCql([{ library, name: 'Year Now' }], [anna], new Date('1999-05-05T00:00:00Z'));
  expect([...answers.values()]).toEqual([{ kind: 'values', values: [1999] }]);
});

it('keeps people apart when many are asked about at once', async () => {
  const runs = Array.from({ length: 10 }, (_, index) =>
    runCql([{ library, name: 'Has Flag' }], index % 2 === 0 ? [anna, redFlag] : [anna], now),
  );
  const found = (await Promise.all(runs)).map((answers) => [...answers.values()]);
  expect(found).toEqual(runs.map((_, index) => [{ kind: 'values', values: [index % 2 === 0] }]));
});

it.each([
  [
    'a definition that no library has',
    'No Such',
    'no library of the plan holds "No Such" as ELM, which text/cql.identifier asks for',
  ],
  [
    'CQL that would have to be translated',
    'exists [Flag]',
    'no library of the plan holds "exists [Flag]" as ELM, which text/cql.identifier asks for',
  ],
])('keeps the action of %s for a person to decide', async (_, expression, why) => {
  const answer = await judged(planWith(expression), [redFlag]);
  expect(answer.verdict).toBe('unknown');
  expect(answer.issues.map(({ diagnostics }) => diagnostics)).toEqual([`look: ${why}`]);
});

it('is not run in a plan that somebody else wrote', () => {
  const { issues } = compilePlan(planWith('Has Flag'), definitions, 'foreign');
  expect(issues.map(({ diagnostics }) => diagnostics)).toEqual([
    'look: expressions are run only in plans that this service publishes',
  ]);
});

it('leads to a proposal as FHIRPath does', async () => {
  const plan = planWith('Has Flag');
  const compiled = compilePlan(plan, definitions, 'published');
  const key = [...compiled.inputs.values()][0]?.key ?? '';
  const cql = await runCql(compiled.cql, [anna, redFlag], now);
  const { resource } = applyPlan({
    ...inputFor(plan, []),
    definitions,
    facts: new Map([[key, [redFlag]]]),
    cql,
  });
  expect(JSON.stringify(resource)).toContain('"id":"look"');
  expect(JSON.stringify(resource)).not.toContain('action-verdict');
});
