// Conditions in CQL: the name of a definition that a library of the plan holds as ELM, run over the declared inputs.
import { readFileSync } from 'node:fs';
import type {
  Coding,
  DataRequirement,
  Library,
  Observation,
  PlanDefinition,
  Resource,
} from '@medplum/fhirtypes';
import { runApart } from '../../../src/fhir/run-apart.ts';
import { applyPlan } from '../../../src/pathways/apply-plan.ts';
import { compilePlan } from '../../../src/pathways/compile-plan.ts';
import type { DefinitionSource } from '../../../src/pathways/compiled-plan.ts';
import { askedAbout, judgePlan } from '../../../src/pathways/judge-plan.ts';
import { expressionEngine } from '../../../src/runtime/expression-engine.ts';
import { wallClock } from '../../../src/runtime/wall-clock.ts';
import { presentOf } from '../../../src/workflows/present.ts';
import { elmLibrary, endless, retrieve } from '../../support/elm-library.ts';
import { anna, inputFor, phq15, present, problemsOf, redFlag } from './plan-world.ts';

const engine = expressionEngine();
afterAll(() => engine.close());

const exists = (type: string) => ({ type: 'Exists', operand: retrieve(type) });
const library = elmLibrary('OpenFlags', {
  'Has Flag': exists('Flag'),
  'Reads Conditions': exists('Condition'),
  'By Way Of Another': { type: 'ExpressionRef', name: 'Reads Conditions' },
  Nothing: { type: 'Null' },
  'Year Now': { type: 'DateTimeComponentFrom', precision: 'Year', operand: { type: 'Now' } },
  Today: { type: 'Today' },
  Broken: { type: 'FunctionRef', name: 'missing', operand: [] },
  Endless: endless,
});
const written: Library = {
  ...library,
  url: 'https://example.org/Library/Written',
  name: 'Written',
  content: [{ contentType: 'text/cql', data: btoa('define "Has Flag": exists [Flag]') }],
};

const sourceOf = (...libraries: readonly Library[]): DefinitionSource => ({
  definition: () => undefined,
  library: (canonical) => libraries.find(({ url }) => url === canonical),
});
const definitions = sourceOf(library, written);

type Language = 'text/cql.identifier' | 'text/cql-identifier' | 'text/cql' | 'text/cql-expression';

const flags: DataRequirement = {
  id: 'flags',
  type: 'Flag',
  extension: [{ url: 'https://w3id.org/alongside/fhir/StructureDefinition/absent-means', valueCode: 'none' }],
};

function planWith(
  expression: string,
  language: Language = 'text/cql.identifier',
  more: Partial<PlanDefinition> = {},
  input: readonly DataRequirement[] = [flags],
): PlanDefinition {
  return {
    resourceType: 'PlanDefinition',
    status: 'active',
    url: 'https://example.org/cql',
    library: [library.url ?? ''],
    action: [
      {
        id: 'look',
        input: [...input],
        condition: [{ kind: 'applicability', expression: { language: language as 'text/cql', expression } }],
      },
    ],
    ...more,
  };
}

async function judged(
  plan: PlanDefinition,
  found: readonly Resource[] | 'not asked' = [],
  source = definitions,
) {
  const compiled = compilePlan(plan, source, 'published');
  const facts = new Map(
    found === 'not asked' ? [] : [...compiled.inputs.values()].map(({ key }) => [key, found] as const),
  );
  const run = runApart(engine, compiled.apart, present);
  const answers = await run.answersFor(askedAbout(compiled, { subject: anna, facts }));
  const [action] = judgePlan(compiled, { subject: anna, facts, ...present, answers }).actions;
  return { verdict: action?.verdict, missing: action?.missing, issues: compiled.issues };
}

const issuesIn = ({ issues }: { readonly issues: readonly { diagnostics?: string }[] }) =>
  issues.map(({ diagnostics }) => diagnostics);

it.each(['text/cql.identifier', 'text/cql-identifier', 'text/cql', 'text/cql-expression'] as const)(
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
  expect(await judged(planWith('Nothing'))).toMatchObject({
    verdict: 'unknown',
    missing: ['the data do not decide it'],
  });
  expect((await judged(planWith('Year Now'))).missing).toEqual([
    'the expression gave no single true or false',
  ]);
  expect((await judged(planWith('Broken'))).missing?.[0]).toMatch(/^the expression failed: /);
});

it('is stopped when it has no end, and the next one is run all the same', async () => {
  const began = performance.now();
  const answer = await judged(planWith('Endless'));
  expect(answer.verdict).toBe('unknown');
  expect(answer.missing?.[0]).toMatch(/^the expression failed: (it was stopped after 2000 ms|.*memory.*)$/);
  expect(performance.now() - began).toBeLessThan(8000);
  expect((await judged(planWith('Has Flag'), [redFlag])).verdict).toBe('met');
}, 20_000);

it('is not run again for others in one call once it was stopped, and the whole call has a limit', async () => {
  const asked: string[] = [];
  const slow = {
    answer: (question: { readonly kind: string; readonly name?: string }) => {
      const { name = '' } = question;
      asked.push(name);
      return Promise.resolve(
        name === 'Endless'
          ? ({ kind: 'late', tookMs: 2000 } as const)
          : ({ kind: 'values', values: [true], tookMs: 900 } as const),
      );
    },
  };
  const compiled = ['Endless', 'Has Flag'].flatMap(
    (name) => compilePlan(planWith(name), definitions, 'published').apart,
  );
  const run = runApart(slow, compiled, present, 4000);
  const person = { subject: anna, dataOf: () => [], variables: {} };
  const kinds = async () => [...(await run.answersFor(person)).values()];
  expect(await kinds()).toEqual([
    { kind: 'failed', message: 'it was stopped after 2000 ms' },
    { kind: 'values', values: [true], tookMs: 900 },
  ]);
  await kinds();
  expect(await kinds()).toMatchObject([
    { message: 'it took too long in this call already' },
    { kind: 'values' },
  ]);
  expect(await kinds()).toMatchObject([
    { message: 'it took too long in this call already' },
    { message: 'the expressions of one call may take 4000 ms in all' },
  ]);
  expect(asked).toEqual(['Endless', 'Has Flag', 'Has Flag', 'Has Flag']);
});

it('reads the instant that it is given, never the clock, and the day where the organisation is', async () => {
  const compiled = ['Year Now', 'Today'].flatMap(
    (name) => compilePlan(planWith(name), definitions, 'published').apart,
  );
  const answersAt = async (zone: string) => {
    const clock = { now: () => new Date('1999-01-01T00:00:00Z') };
    const run = runApart(engine, compiled, presentOf({ clock, wall: wallClock(zone) }));
    const answers = await run.answersFor({ subject: anna, dataOf: () => [], variables: {} });
    return [...answers.values()].map((each) => each.kind === 'values' && each.values);
  };
  expect(await answersAt('Europe/Amsterdam')).toEqual([[1999], ['1999-01-01']]);
  expect(await answersAt('America/New_York')).toEqual([[1998], ['1998-12-31']]);
});

it('keeps people apart when many are asked about at once', async () => {
  const verdicts = await Promise.all(
    Array.from(
      { length: 10 },
      async (_, index) => (await judged(planWith('Has Flag'), index % 2 === 0 ? [redFlag] : [])).verdict,
    ),
  );
  expect(verdicts).toEqual(verdicts.map((_, index) => (index % 2 === 0 ? 'met' : 'not-met')));
});

it('sees what its own action declares, not what another action of the plan asks for', async () => {
  const [own] = planWith('Has Flag').action ?? [];
  const other = { id: 'other', input: [{ id: 'others', type: 'Flag' as const, limit: 3 }] };
  const plan = planWith('Has Flag', 'text/cql.identifier', { action: own ? [own, other] : [] });
  const compiled = compilePlan(plan, definitions, 'published');
  const keys = [...compiled.inputs.values()].map(({ key }) => key);
  const facts = new Map([
    [keys[0] ?? '', []],
    [keys[1] ?? '', [redFlag]],
  ]);
  const answers = await runApart(engine, compiled.apart, present).answersFor(
    askedAbout(compiled, { subject: anna, facts }),
  );
  expect(judgePlan(compiled, { subject: anna, facts, ...present, answers }).actions[0]?.verdict).toBe(
    'not-met',
  );
});

it('means in each plan what the library of that plan defines', async () => {
  const opposite = elmLibrary('Opposite', { 'Has Flag': { type: 'Not', operand: exists('Flag') } });
  const inner = planWith('Has Flag', 'text/cql.identifier', {
    url: 'https://example.org/inner',
    library: [opposite.url ?? ''],
  });
  const [look] = planWith('Has Flag').action ?? [];
  const outer = planWith('Has Flag', 'text/cql.identifier', {
    action: [...(look ? [look] : []), { id: 'in', definitionCanonical: 'https://example.org/inner' }],
  });
  const source = { ...sourceOf(library, opposite), definition: () => inner };
  const compiled = compilePlan(outer, source, 'published');
  const facts = new Map([...compiled.inputs.values()].map(({ key }) => [key, [redFlag]] as const));
  const answers = await runApart(engine, compiled.apart, present).answersFor(
    askedAbout(compiled, { subject: anna, facts }),
  );
  const { actions } = judgePlan(compiled, { subject: anna, facts, ...present, answers });
  expect([actions[0]?.verdict, actions[1]?.nested[0]?.verdict]).toEqual(['met', 'not-met']);
});

const elmAsked = (name: string, language = 'text/cql.identifier') =>
  `look: no library of the plan holds "${name}" as ELM, which ${language} asks for`;

it.each<[string, PlanDefinition, string]>([
  [
    'a name that the ELM does not define',
    planWith('No Such'),
    `${elmAsked('No Such')}: give the name of a definition that the ELM has`,
  ],
  [
    'a library that the plan does not name by that name',
    planWith('Elsewhere."Has Flag"'),
    `${elmAsked('Has Flag')}: give the name of a definition that the ELM has`,
  ],
  [
    'CQL that is written out',
    planWith('exists [Flag]', 'text/cql'),
    `${elmAsked('exists [Flag]', 'text/cql')}: CQL that is written out is not translated here, so define it in the Library and give its name`,
  ],
  [
    'a plan without a library',
    planWith('Has Flag', 'text/cql-identifier', { library: [] }),
    `${elmAsked('Has Flag', 'text/cql-identifier')}: name the Library in PlanDefinition.library`,
  ],
  [
    'a library that holds CQL and no ELM',
    planWith('Has Flag', 'text/cql.identifier', { library: [written.url ?? ''] }),
    `${elmAsked('Has Flag')}: CQL is not translated here, so publish its Library with the ELM as an attachment (application/elm+json)`,
  ],
  [
    'data that no input declares',
    planWith('Reads Conditions'),
    'look: "Reads Conditions": it reads Condition, which no input of the action or the groups around it declares',
  ],
  [
    'data that no input declares, read by what it calls',
    planWith('By Way Of Another'),
    'look: "By Way Of Another": it reads Condition, which no input of the action or the groups around it declares',
  ],
  [
    'an input that is not fetched',
    planWith('Has Flag', 'text/cql.identifier', {}, [{ ...flags, dateFilter: [{ path: 'period' }] }]),
    expect.stringContaining('look: "Has Flag": the input %flags cannot be fetched: '),
  ],
])('keeps the action of %s for a person to decide, and says what to do', async (_, plan, why) => {
  const answer = await judged(plan, [redFlag]);
  expect(answer.verdict).toBe('unknown');
  expect(issuesIn(answer)).toEqual([why]);
});

describe('a library that includes another', () => {
  const include = { localIdentifier: 'F', path: 'OpenFlags', version: '1.0.0' };
  const call = { type: 'ExpressionRef', libraryName: 'F', name: 'Has Flag' };
  const outer = elmLibrary('Outer', { Asks: call }, { includes: [include] });
  const depending: Library = {
    ...outer,
    relatedArtifact: [{ type: 'depends-on', resource: library.url ?? '' }],
  };
  const plan = (name = 'Asks', input = [flags]) =>
    planWith(name, 'text/cql.identifier', { library: [outer.url ?? ''] }, input);

  it('is run with it, when it says that it depends on it', async () => {
    const source = sourceOf(depending, library);
    expect((await judged(plan(), [redFlag], source)).verdict).toBe('met');
    expect((await judged(plan(), [], source)).verdict).toBe('not-met');
  });

  it('needs the inputs of what it calls there', async () => {
    const answer = await judged(plan('Asks', []), [], sourceOf(depending, library));
    expect(issuesIn(answer)).toEqual([
      'look: "Asks": it reads Flag, which no input of the action or the groups around it declares',
    ]);
  });

  it('is not run without it', async () => {
    const answer = await judged(plan(), [redFlag], sourceOf(outer, library));
    expect(answer.verdict).toBe('unknown');
    expect(issuesIn(answer)).toEqual([
      'look: "Asks": Outer includes OpenFlags 1.0.0, which no library of the plan, or that it depends on, holds as ELM',
    ]);
  });

  it('is not run in another version of it', async () => {
    const other = elmLibrary('Outer', { Asks: call }, { includes: [{ ...include, version: '9.0.0' }] });
    const answer = await judged(plan(), [redFlag], sourceOf({ ...depending, ...other }, library));
    expect(answer.verdict).toBe('unknown');
  });
});

it('is not run when its translator found errors, which it writes as null', async () => {
  const faulty = elmLibrary(
    'Faulty',
    { 'Has Flag': { type: 'Null' } },
    { annotation: [{ type: 'CqlToElmError', errorSeverity: 'error', message: 'Could not resolve Flagg' }] },
  );
  const answer = await judged(
    planWith('Has Flag', 'text/cql.identifier', { library: [faulty.url ?? ''] }),
    [redFlag],
    sourceOf(faulty),
  );
  expect(issuesIn(answer)).toEqual([
    'look: "Has Flag": Faulty was translated with errors: Could not resolve Flagg',
  ]);
});

describe('value sets', () => {
  const canonical = 'https://example.org/ValueSet/alarm';
  const inSet = {
    type: 'Exists',
    operand: {
      ...retrieve('Flag'),
      codeProperty: 'code',
      codeComparator: 'in',
      codes: { type: 'ValueSetRef', name: 'Alarm', preserve: true },
    },
  };
  const coded = elmLibrary(
    'Coded',
    { Alarmed: inSet },
    { valueSets: [{ name: 'Alarm', id: canonical, accessLevel: 'Public' }] },
  );
  const plan = planWith('Alarmed', 'text/cql.identifier', { library: [coded.url ?? ''] });
  const holding = (codes: readonly Coding[]): DefinitionSource => ({
    ...sourceOf(coded),
    codesOf: (valueSet) => (valueSet === canonical ? codes : undefined),
  });

  it('are those that are held here', async () => {
    expect((await judged(plan, [redFlag], holding(redFlag.code.coding ?? []))).verdict).toBe('met');
    expect(
      (await judged(plan, [redFlag], holding([{ system: 'https://example.org', code: 'x' }]))).verdict,
    ).toBe('not-met');
  });

  it('keep the action undecided when they are not', async () => {
    const answer = await judged(plan, [redFlag], sourceOf(coded));
    expect(issuesIn(answer)).toEqual([
      `look: "Alarmed": the value set ${canonical} is not held here, or cannot be listed`,
    ]);
  });
});

it('leads to a proposal as FHIRPath does, in a plan of somebody else too, whose FHIRPath is not run', async () => {
  const plan = planWith('Has Flag');
  const compiled = compilePlan(plan, definitions, 'foreign');
  const facts = new Map([...compiled.inputs.values()].map(({ key }) => [key, [redFlag]] as const));
  const answers = await runApart(engine, compiled.apart, present).answersFor(
    askedAbout(compiled, { subject: anna, facts }),
  );
  const { resource, issues } = applyPlan({
    ...inputFor(plan, []),
    definitions,
    facts,
    answers,
    trust: 'foreign',
  });
  expect(issues).toEqual([]);
  expect(JSON.stringify(resource)).toContain('"id":"look"');
  expect(JSON.stringify(resource)).not.toContain('action-verdict');
});

describe('values of CQL', () => {
  const path = new URL('../../../fhir-profiles/examples/Library-example-rising-score.json', import.meta.url);
  const rising = JSON.parse(readFileSync(path, 'utf8')) as Library;
  const at = (value: number, id: string, effectiveDateTime: string): Observation => ({
    ...phq15(value, id),
    effectiveDateTime,
  });
  const [before, after] = [at(8, 'a', '2026-10-01'), at(12, 'b', '2026-11-01')];
  const totals: DataRequirement = { id: 'totals', type: 'Observation' };
  const source = sourceOf(rising, elmLibrary('Day', { Day: { type: 'Today' } }));
  const plan = (name: string) =>
    planWith(name, 'text/cql.identifier', { library: [rising.url ?? ''] }, [totals]);

  it('that a translator wrote are run: true, false, and null while there is one total', async () => {
    expect((await judged(plan('Total Has Risen'), [after, before], source)).verdict).toBe('met');
    const [lower, higher] = [at(12, 'a', '2026-10-01'), at(8, 'b', '2026-11-01')];
    expect((await judged(plan('Total Has Risen'), [lower, higher], source)).verdict).toBe('not-met');
    expect(await judged(plan('Total Has Risen'), [after], source)).toMatchObject({ verdict: 'unknown' });
  });

  it('are written where a dynamic value points, of the plan and of the activity by its own library, when the type fits', async () => {
    const filled: PlanDefinition = {
      ...plan('Total Has Risen'),
      action: [
        {
          id: 'act',
          input: [totals],
          definitionCanonical: 'https://example.org/act',
          dynamicValue: [
            {
              path: 'quantityQuantity.value',
              expression: { language: 'text/cql.identifier' as 'text/cql', expression: 'Last Total' },
            },
            {
              path: 'code.text',
              expression: { language: 'text/cql.identifier' as 'text/cql', expression: 'Last Total' },
            },
          ],
        },
      ],
    };
    const withActivity: DefinitionSource = {
      ...source,
      definition: () => ({
        resourceType: 'ActivityDefinition',
        status: 'active',
        url: 'https://example.org/act',
        kind: 'ServiceRequest',
        library: ['https://example.org/Library/Day'],
        dynamicValue: [
          {
            path: 'occurrenceDateTime',
            expression: { language: 'text/cql.identifier' as 'text/cql', expression: 'Day' },
          },
        ],
      }),
    };
    const compiled = compilePlan(filled, withActivity, 'published');
    const facts = new Map([...compiled.inputs.values()].map(({ key }) => [key, [after, before]] as const));
    const answers = await runApart(engine, compiled.apart, present).answersFor(
      askedAbout(compiled, { subject: anna, facts }),
    );
    const { resource, issues } = applyPlan({
      ...inputFor(filled, []),
      definitions: withActivity,
      facts,
      answers,
    });
    expect(issues.map(({ diagnostics }) => diagnostics)).toEqual([
      expect.stringMatching(/^act: a dynamic value was not written: "code.text"/),
    ]);
    const request = 'contained' in resource ? resource.contained?.[1] : undefined;
    expect(request).toMatchObject({ occurrenceDateTime: '2026-11-20', quantityQuantity: { value: 12 } });
    expect(problemsOf(resource)).toEqual([]);
  });
});
