// What a DiagnosticReport says that may call somebody in: the Observations that stand in it and nowhere else. Those that it refers to were
// heard when they came in. https://hl7.org/fhir/R4/diagnosticreport.html
import type { DiagnosticReport, Observation, Resource } from '@medplum/fhirtypes';
import { lastInstantOf } from '../../fhir/last-instant.ts';
import type { WriteRule } from '../resources/write-rules.ts';
import { isWithdrawn, observedAt, statementsOf } from './hear-observation.ts';
import { ruleOfSaid } from './hear-said.ts';
import { writerOf } from './raise-unfinished-alarms.ts';

export const reportRule: WriteRule = ruleOfSaid<DiagnosticReport>({
  type: 'DiagnosticReport',
  isOfType: (resource: Resource) => resource.resourceType === 'DiagnosticReport',
  word: 'report',

  statements: (calling, report) =>
    observationsIn(report).flatMap((observation) => statementsOf(calling, observation)),

  standing: (report) => (isWithdrawn(report) ? 'withdrawn' : 'stands'),

  // One that says nothing of its own was observed when the report says.
  saidAt(report) {
    const { effectiveDateTime, effectivePeriod, issued } = report;
    const last = effectiveDateTime ?? effectivePeriod?.end ?? issued;
    const reported = last === undefined ? undefined : lastInstantOf(last);
    const instants = observationsIn(report).map((each) => observedAt(each) ?? reported);
    const known = instants.filter((each) => each !== undefined);
    return known.length < instants.length || known.length === 0 ? reported : Math.max(...known);
  },
  saidIn: 'DiagnosticReport.effective',

  madeOf: async () => [],

  writer({ performer: [author] = [] }) {
    return writerOf({ ...(author && { author }) });
  },

  withdrawal: { element: 'DiagnosticReport.status', how: 'Mark it entered-in-error' },
});

function observationsIn({ contained = [] }: DiagnosticReport): readonly Observation[] {
  return contained.filter((each) => each.resourceType === 'Observation').filter((each) => !isWithdrawn(each));
}
