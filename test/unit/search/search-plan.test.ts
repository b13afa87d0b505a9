// The plan of each kind of search is fixed: these tests fail when SQLite would scan or sort where an index can be walked.
import type { ResourceType } from '@medplum/fhirtypes';
import type { Visibility } from '../../../src/auth/actor.ts';
import { parseSearch } from '../../../src/fhir/search/parse-search.ts';
import { readSearchParameters } from '../../../src/store/read-search-parameters.ts';
import { isRowRising, pageSql } from '../../../src/store/sql/page-sql.ts';
import { planSearch } from '../../../src/store/sql/search-plan.ts';
import { createDictionary } from '../../../src/store/sqlite/dictionary.ts';
import { openDatabase } from '../../../src/store/sqlite/open-database.ts';
import { createStatements } from '../../../src/store/sqlite/statements.ts';

const { registry } = readSearchParameters('fhir-profiles/base');
const database = openDatabase(':memory:');
const statements = createStatements(database);
const dictionary = createDictionary(statements.insert);
for (const type of ['Observation', 'Patient']) {
  dictionary.termId(statements, type);
  for (const { code } of registry.parameters(type)) {
    dictionary.termId(statements, `${type}.${code}`);
  }
}
const gp = dictionary.targetId(statements, { kind: 'local', type: 'Practitioner', id: 'gp' });
statements.run('INSERT INTO care_tie VALUES (?, 1, 1)', gp);
afterAll(() => database.close());

const everything: Visibility = { kind: 'everything' };
const tiedReach = { kind: 'tied', reference: 'Practitioner/gp' } as const;
const tied: Visibility = {
  kind: 'limited',
  openTypes: new Set(['Observation']),
  patientTypes: new Set(['Observation', 'Patient']),
  patients: tiedReach,
};

function explain(type: ResourceType, text: string, visibility = everything): string[] {
  const { query } = parseSearch(type, [...new URLSearchParams(text)], { registry, handling: 'strict' });
  const sight = [visibility];
  const context = { type, statements, dictionary, registry, nowMs: 0, sight, compiled: new Map() };
  const page = pageSql(query, planSearch(query, context, dictionary.termId(statements, type)), {
    isBackward: false,
    isRowRising: isRowRising(query, false),
    limit: query.count + 1,
  });
  return statements
    .all<{ detail: string }>(`EXPLAIN QUERY PLAN ${page.sql}`, page.values)
    .map(({ detail }) => detail);
}

const walksOf: readonly (readonly [ResourceType, string, string])[] = [
  [
    'Observation',
    'patient=p&code=http://loinc.org|x&_sort=-date',
    'SEARCH d USING PRIMARY KEY (patient_id=? AND type_id=? AND code=?)',
  ],
  [
    'Observation',
    'subject=Patient/p&code=x&status=final&_sort=-date',
    'SEARCH d USING PRIMARY KEY (patient_id=? AND type_id=? AND code=?)',
  ],
  [
    'Observation',
    'patient=Patient/p',
    'SEARCH v USING COVERING INDEX reference_by_value (parameter_id=? AND target_id=?)',
  ],
  [
    'Observation',
    'status=final&patient=Patient/p',
    'SEARCH v USING COVERING INDEX reference_by_value (parameter_id=? AND target_id=?)',
  ],
  [
    'Observation',
    'code=http://loinc.org|x',
    'SEARCH v USING COVERING INDEX token_by_value (parameter_id=? AND code=?)',
  ],
  [
    'Observation',
    'status=final&date=ge2026',
    'SEARCH v USING COVERING INDEX token_by_value (parameter_id=? AND code=?)',
  ],
  [
    'Patient',
    'identifier=urn:x|1&name=a',
    'SEARCH v USING COVERING INDEX token_by_value (parameter_id=? AND code=?)',
  ],
  ['Observation', '', 'SEARCH d USING COVERING INDEX resource_live (type_id=? AND deleted=?)'],
  [
    'Observation',
    '_sort=-_lastUpdated',
    'SEARCH d USING COVERING INDEX resource_updated (type_id=? AND deleted=?)',
  ],
];

describe('the plan of a search', () => {
  it.each(walksOf)('walks an index and sorts nothing for %s?%s', (type, text, step) => {
    for (const visibility of [everything, tied]) {
      const plan = explain(type, text, visibility);
      expect(plan[0]).toBe(step);
      expect(plan.filter((detail) => /SCAN (?!x)|TEMP B-TREE/.test(detail))).toEqual([]);
    }
  });

  it('starts from the patients in reach when they are few and nothing narrower is asked', () => {
    const own: Visibility = {
      kind: 'limited',
      openTypes: new Set(),
      patientTypes: new Set(['Observation']),
      patients: { kind: 'own', patientId: 'p' },
    };
    const step = 'SEARCH v USING PRIMARY KEY (patient_id=? AND type_id=?)';
    for (const visibility of [own, { ...own, patients: tiedReach }]) {
      expect(explain('Observation', 'status=final', visibility).some((detail) => detail.includes(step))).toBe(
        true,
      );
      expect(explain('Observation', 'patient=Patient/q', visibility)[0]).toContain('reference_by_value');
    }
  });

  it('walks the dates of a whole type', () => {
    const plan = explain('Observation', '_sort=-date');
    expect(plan[0]).toBe('SEARCH d USING COVERING INDEX date_by_value (parameter_id=?)');
    expect(plan).toContain('USE TEMP B-TREE FOR LAST TERM OF ORDER BY');
  });

  const ranges: readonly (readonly [ResourceType, string, string])[] = [
    ['Patient', 'name=vos', 'string_by_value (parameter_id=? AND folded>? AND folded<?)'],
    ['Observation', 'date=2026-01', 'date_by_value (parameter_id=? AND from_ms>? AND from_ms<?)'],
    ['Observation', 'value-quantity=5', 'quantity_by_value (parameter_id=? AND low>? AND low<?)'],
    ['Observation', 'code=a,b', 'token_by_value (parameter_id=?'],
    ['Observation', '_id=a,b', '(type_id=? AND id=?)'],
    ['Observation', '_lastUpdated=ge2026', 'resource_updated (type_id=? AND deleted=?'],
  ];

  it.each(ranges)('reads only a range of an index for %s?%s', (type, text, step) => {
    const plan = explain(type, text);
    expect(plan.some((detail) => detail.includes(step))).toBe(true);
    expect(plan.filter((detail) => /SCAN (?!d$|\(subquery)/.test(detail))).toEqual([]);
  });

  it('answers a chain from the list of what it leads to, and a composite from its parts', () => {
    const plans = {
      chain: explain('Observation', 'patient.name=vos'),
      reverse: explain('Patient', '_has:Observation:patient:code=x'),
      composite: explain('Observation', 'code-value-quantity=x$5'),
      component: explain('Observation', 'component-code-value-quantity=x$5'),
    };
    expect(plans.chain).toContain(
      'SEARCH v USING COVERING INDEX reference_by_value (parameter_id=? AND target_id=?)',
    );
    expect(plans.reverse.join()).toContain('SEARCH v USING INTEGER PRIMARY KEY (rowid=?)');
    for (const plan of [plans.composite, plans.component]) {
      expect(plan[0]).toBe('SEARCH v USING COVERING INDEX token_by_value (parameter_id=? AND code=?)');
      expect(plan.filter((detail) => detail.startsWith('SCAN'))).toEqual([]);
    }
    expect(plans.component.join()).toContain(
      'SEARCH element_value USING PRIMARY KEY (row_id=? AND key_id=?)',
    );
  });

  it('follows a chain that leads to many from each row, by keys alone', () => {
    const plan = explain('Observation', 'patient.gender:not=male&_sort=value-quantity', tied);
    expect(plan).toContain('SEARCH t USING INTEGER PRIMARY KEY (rowid=?)');
    expect(plan.filter((detail) => detail.startsWith('SCAN'))).toEqual([]);
  });

  it.each(['name=vos', 'name:contains=vos', 'birthdate=ge1980', 'gender=male,female'])(
    'tests %s by the row when something narrower gives the rows',
    (condition) => {
      const plan = explain('Patient', `_id=p&${condition}`);
      expect(plan.filter((detail) => detail.includes('_by_value'))).toEqual([]);
      expect(plan.filter((detail) => /SEARCH v .*row_id=\?/.test(detail))).toHaveLength(1);
    },
  );

  it('looks up a sort value by the row', () => {
    const plan = explain('Observation', 'status=final&_sort=value-quantity');
    expect(
      plan.filter((detail) => detail.includes('quantity_value') || detail.includes('quantity_by_value')),
    ).toEqual([]);
    expect(
      plan.filter((detail) => detail === 'SEARCH v USING PRIMARY KEY (row_id=? AND parameter_id=?)').length,
    ).toBeGreaterThan(0);
  });

  it('tests the conditions that do not drive by the row, never by the value', () => {
    const plan = explain('Observation', 'patient=Patient/p&status=final&date=ge2026&_tag=x', tied);
    const probes = plan.slice(1).filter((detail) => detail.startsWith('SEARCH v'));
    expect(probes).toHaveLength(3);
    expect(probes.filter((detail) => !detail.includes('row_id=?'))).toEqual([]);
  });
});
