// Each criterion of each Measure, held against invented records: people who are counted, who are not, and who are left out.
import { readdirSync, readFileSync } from 'node:fs';
import type {
  Bundle,
  EpisodeOfCare,
  Measure,
  MeasureGroup,
  MeasureReport,
  Patient,
  Resource,
  Task,
} from '@medplum/fhirtypes';
import {
  type CountedUnit,
  type Criterion,
  criterionFault,
  judgeCriterion,
  type MeasureTime,
  observedValue,
  populationCode,
  standingOf,
  stratumOf,
  unitsOf,
} from '../../../src/continuity/measure-criteria.ts';

const content = new URL('../../../fhir-profiles/', import.meta.url);

function readAll<T>(folder: string, prefix: string): readonly T[] {
  return readdirSync(new URL(folder, content))
    .filter((name) => name.startsWith(prefix))
    .map((name) => JSON.parse(readFileSync(new URL(`${folder}${name}`, content), 'utf8')) as T);
}

const measures = readAll<Measure>('measures/', 'Measure-withdrawn-support-');

interface PersonRecord {
  readonly id: string;
  readonly measure: string;
  readonly patient: Patient;
  readonly resources: readonly Resource[];
  readonly time: MeasureTime;
}

/** A Bundle of data holds one person's record, and a MeasureReport that says for which Measure, period and moment. */
function recordOf(bundle: Bundle): PersonRecord {
  const all = (bundle.entry ?? []).flatMap(({ resource }): Resource[] => (resource ? [resource] : []));
  const report = all.find((each): each is MeasureReport => each.resourceType === 'MeasureReport');
  const patient = all.find((each): each is Patient => each.resourceType === 'Patient');
  if (!report || !patient) throw new Error(`${bundle.id} lacks its MeasureReport or Patient`);
  return {
    id: bundle.id ?? '',
    measure: report.measure.split('|')[0] ?? '',
    patient,
    resources: all.filter((each) => each !== report),
    time: {
      periodStart: report.period.start ?? '',
      periodEnd: report.period.end ?? '',
      now: report.date ?? '',
    },
  };
}

const records = readAll<Bundle>('examples/', 'Bundle-measure-data-').map(recordOf);

const unitsIn = (group: MeasureGroup, { patient, resources }: PersonRecord): readonly CountedUnit[] =>
  unitsOf(group, resources).map((focus) => ({ focus, patient, record: resources }));

const groups = measures.flatMap((measure) =>
  (measure.group ?? []).map((group) => [`${measure.id}: ${group.id}`, measure, group] as const),
);

/** Where everything stands that a group looks at in one record; the record's name ends on the case that it shows. */
function standings(group: MeasureGroup, record: PersonRecord): readonly string[] {
  return unitsIn(group, record).map((unit) => standingOf(group, unit, record.time).kind);
}

describe.each(groups)('%s', (_, measure, group) => {
  const own = records.filter(({ measure: url }) => url === measure.url);

  it('has no criterion that could never be decided', () => {
    for (const criterion of [...(group.population ?? []), ...(group.stratifier ?? [])]) {
      expect([criterion.id, criterionFault(criterion)]).toEqual([criterion.id, undefined]);
    }
  });

  it('has a record for which each criterion is met and one for which it is not', () => {
    for (const population of group.population ?? []) {
      if (populationCode(population) === 'measure-observation') continue;
      const verdicts = own.flatMap((record) =>
        unitsIn(group, record).map((unit) => judgeCriterion(population, unit, record.time).verdict),
      );
      expect([population.id, verdicts.includes('met'), verdicts.includes('not-met')]).toEqual([
        population.id,
        true,
        true,
      ]);
    }
  });

  it('counts one thing in the first record, nothing in the second, and leaves one out of the third', () => {
    const short = measure.id?.replace('withdrawn-support-', '');
    const inRecord = (ending: string) => {
      const record = own.find(({ id }) => id === `measure-data-${short}-${ending}`);
      return record ? standings(group, record) : undefined;
    };
    expect(inRecord('met')?.filter((kind) => kind === 'counted')).toHaveLength(1);
    expect(inRecord('not-met')).not.toContain('counted');
    const hasExclusion = group.population?.some((each) => populationCode(each).endsWith('-exclusion'));
    if (hasExclusion) {
      expect(inRecord('excluded')).toContain('excluded');
      expect(inRecord('excluded')).not.toContain('counted');
    }
  });

  it('observes a number where it counts days or years', () => {
    const observation = group.population?.find((each) => populationCode(each) === 'measure-observation');
    const values = own.flatMap((record) =>
      unitsIn(group, record)
        .filter((unit) => standingOf(group, unit, record.time).kind === 'counted')
        .map((unit) => observation && observedValue(observation, unit, record.time)),
    );
    const expected: Partial<{ [id: string]: number }> = {
      'between-services': 16,
      'no-owner-now': 88,
      'to-first-session': 49,
      'still-waiting': 88,
      'onset-to-referral': 5,
    };
    const value = expected[group.id ?? ''];
    expect(values).toEqual([value === undefined ? undefined : { kind: 'number', value }]);
  });

  it('is divided by sex, age and language, with unknown as a stratum of its own', () => {
    const strata = (patient: Patient) =>
      (group.stratifier ?? []).map((stratifier) =>
        stratumOf(
          stratifier,
          { focus: patient, patient, record: [] },
          {
            periodStart: '2026-07-01',
            periodEnd: '2026-09-30',
            now: '2026-11-28T12:00:00Z',
          },
        ),
      );
    const language = (code: string) => ({ language: { coding: [{ code }] } });
    expect(
      strata({
        resourceType: 'Patient',
        gender: 'female',
        birthDate: '1984-02-09',
        communication: [{ ...language('nl-BE'), preferred: true }, language('fr')],
      }),
    ).toEqual(['female', '40 to 64', 'nl']);
    expect(strata({ resourceType: 'Patient', birthDate: '2008', communication: [language('ar')] })).toEqual([
      'unknown',
      '18 to 39',
      'ar',
    ]);
    expect(strata({ resourceType: 'Patient' })).toEqual(['unknown', 'unknown', 'unknown']);
  });
});

it('nothing in the example records is left undecided', () => {
  const undecided = groups.flatMap(([name, measure, group]) =>
    records
      .filter(({ measure: url }) => url === measure.url)
      .flatMap((record) => standings(group, record).filter((kind) => kind === 'undecided'))
      .map(() => name),
  );
  expect(undecided).toEqual([]);
});

it('what the record does not tell is undecided, with the population that could not be told and why', () => {
  const [, , group] = groups.find(([name]) => name.endsWith(': to-first-session')) ?? [];
  const patient: Patient = { resourceType: 'Patient', id: 'invented' };
  const focus: EpisodeOfCare = {
    resourceType: 'EpisodeOfCare',
    status: 'active',
    patient: { reference: 'Patient/invented' },
    referralRequest: [{ reference: 'ServiceRequest/invented' }],
  };
  const time = { periodStart: '2026-07-01', periodEnd: '2026-09-30', now: '2026-11-28T12:00:00Z' };
  expect(group && standingOf(group, { focus, patient, record: [focus] }, time)).toEqual({
    kind: 'undecided',
    population: 'measure-population',
    reason: 'a date or value that it needs is missing',
  });
});

describe('a criterion', () => {
  const patient: Patient = { resourceType: 'Patient', id: 'invented' };
  const time = { periodStart: '2026-07-01', periodEnd: '2026-09-30', now: '2026-11-28T12:00:00Z' };
  interface Input {
    readonly id: string;
    readonly absent?: 'none';
  }
  const criterion = (expression: string, ...inputs: readonly Input[]): Criterion => ({
    criteria: { language: 'text/fhirpath', expression },
    extension: inputs.map(({ id, absent }) => ({
      url: 'https://w3id.org/alongside/fhir/StructureDefinition/condition-input',
      valueDataRequirement: {
        id,
        type: 'Task',
        ...(absent && {
          extension: [
            { url: 'https://w3id.org/alongside/fhir/StructureDefinition/absent-means', valueCode: absent },
          ],
        }),
      },
    })),
  });
  const judge = (expression: string, ...inputs: readonly Input[]) =>
    judgeCriterion(criterion(expression, ...inputs), { focus: patient, patient, record: [] }, time);

  it('is unknown when what it needs is not on record, unless none is an answer', () => {
    expect(judge('%tasks.exists()', { id: 'tasks' })).toEqual({
      verdict: 'unknown',
      reason: '%tasks: no Task is on record',
    });
    expect(judge('%tasks.exists()', { id: 'tasks', absent: 'none' })).toEqual({ verdict: 'not-met' });
  });

  it('is unknown, not false, when a date is missing', () => {
    expect(judge('birthDate <= %periodEnd')).toEqual({
      verdict: 'unknown',
      reason: 'a date or value that it needs is missing',
    });
  });

  it('has a fault when it reads what it does not declare, declares what it does not read, or looks at the clock', () => {
    expect(criterionFault(criterion('%tasks.exists()'))).toBe('%tasks is not declared as an input');
    expect(criterionFault(criterion('true', { id: 'tasks' }))).toBe(
      'the input %tasks is declared and not read',
    );
    expect(criterionFault(criterion('today() > %periodEnd'))).toBe(
      'malformed: today() reads the wall clock; use %today',
    );
  });

  it('observes no number from half a date', () => {
    const unit = { focus: patient, patient, record: [] };
    expect(observedValue(criterion("('2021-05').toDate().combine(%now.dateOf())"), unit, time)).toEqual({
      kind: 'undecided',
      reason: 'neither a number nor two whole dates',
    });
  });

  it('counts and reads nothing that was entered in error, nor what somebody keeps to themselves', () => {
    const group: MeasureGroup = {
      extension: [
        { url: 'http://hl7.org/fhir/uv/cqm/StructureDefinition/cqm-populationBasis', valueCode: 'Task' },
      ],
    };
    const task: Task = { resourceType: 'Task', status: 'requested', intent: 'order' };
    const wrong: Task = { ...task, status: 'entered-in-error' };
    const kept: Task = { ...task, for: { reference: 'Practitioner/of-a-pair' } };
    expect(unitsOf(group, [task, wrong, kept, patient])).toEqual([task]);
    const unit = { focus: patient, patient, record: [wrong, kept] };
    expect(judgeCriterion(criterion('%tasks.exists()', { id: 'tasks', absent: 'none' }), unit, time)).toEqual(
      {
        verdict: 'not-met',
      },
    );
  });
});
