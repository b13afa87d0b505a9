// Each criterion of each measure can be run, and has an invented record (examples/Bundle-measure-data-*) that meets it and one that does not.
import type { Bundle, Measure, MeasureReport, Patient, Resource } from '@medplum/fhirtypes';
import {
  type Criterion,
  criterionFault,
  judgeCriterion,
  type MeasureTime,
  populationCode,
  unitsOf,
} from '../../src/continuity/measure-criteria.ts';
import { parseCanonical } from '../../src/fhir/canonical.ts';
import type { ContentFile, Finding } from './content-file.ts';

/** A record and when it is looked at: the bundle holds a MeasureReport that says both. */
interface Sample {
  readonly measure: string;
  readonly time: MeasureTime;
  readonly patient: Patient;
  readonly record: readonly Resource[];
}

export function measureFindings(files: readonly ContentFile[]): readonly Finding[] {
  const samples = files.flatMap(({ resource }) =>
    resource.resourceType === 'Bundle' && resource.id?.startsWith('measure-data-') ? sampleIn(resource) : [],
  );
  return files.flatMap(({ file, resource }) =>
    resource.resourceType === 'Measure'
      ? faultsOf(
          resource,
          samples.filter(({ measure }) => measure === resource.url),
        ).map((fault) => ({ file, fault }))
      : [],
  );
}

function sampleIn(bundle: Bundle): readonly Sample[] {
  const record = (bundle.entry ?? []).flatMap(({ resource }): Resource[] => (resource ? [resource] : []));
  const report = record.find(
    (resource): resource is MeasureReport => resource.resourceType === 'MeasureReport',
  );
  const patient = record.find((resource): resource is Patient => resource.resourceType === 'Patient');
  const { start, end } = report?.period ?? {};
  if (!report?.date || !patient || !start || !end) {
    throw new Error(`Bundle/${bundle.id} lacks a Patient, or a MeasureReport with period and date`);
  }
  const time = { periodStart: start, periodEnd: end, now: report.date };
  return [{ measure: parseCanonical(report.measure).url, time, patient, record }];
}

function faultsOf({ group = [] }: Measure, samples: readonly Sample[]): readonly string[] {
  return group.flatMap((each, index) => {
    const decided: readonly Criterion[] = (each.population ?? []).filter(
      (population) => populationCode(population) !== 'measure-observation',
    );
    const broken = [...(each.population ?? []), ...(each.stratifier ?? [])].flatMap((criterion) => {
      const fault = criterionFault(criterion);
      return fault === undefined ? [] : [`group ${index + 1}: ${fault}`];
    });
    const unseen = decided.flatMap((criterion) => {
      const verdicts = new Set(
        samples.flatMap(({ time, patient, record }) =>
          unitsOf(each, record).map(
            (focus) => judgeCriterion(criterion, { focus, patient, record }, time).verdict,
          ),
        ),
      );
      return (['met', 'not-met'] as const)
        .filter((wanted) => !verdicts.has(wanted))
        .map(
          (wanted) =>
            `group ${index + 1}: no example for which this is ${wanted}: ${criterion.criteria?.expression}`,
        );
    });
    return [...broken, ...unseen];
  });
}
