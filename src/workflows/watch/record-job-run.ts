// Leaves an AuditEvent for each run of a scheduled job: which, for which slot, from when to when, how it went, in numbers.
import type { AuditEvent } from '@medplum/fhirtypes';
import type { WorkflowContext } from '../context.ts';
import { createChecked } from '../resources/write-checked.ts';

export interface RecordedRun {
  readonly job: string;
  readonly display: string;
  readonly slot: string;
  readonly attempt: number;
  /** FHIR instants. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** done; partly: some people's records could not be dealt with; failed: it came to no end. */
  readonly outcome: 'done' | 'partly' | 'failed';
  readonly counts: Readonly<Record<string, number>>;
}

const jobSystem = 'https://w3id.org/alongside/fhir/CodeSystem/scheduled-job';

/** https://hl7.org/fhir/R4/valueset-audit-event-outcome.html */
const outcomes = { done: '0', partly: '4', failed: '8' } as const;

export async function recordJobRun(context: WorkflowContext, run: RecordedRun): Promise<void> {
  await createChecked(context, auditEventOf(run));
}

function auditEventOf(run: RecordedRun): AuditEvent {
  const { job, display, slot, attempt, startedAt, endedAt, outcome, counts } = run;
  return {
    resourceType: 'AuditEvent',
    type: {
      system: 'http://dicom.nema.org/resources/ontology/DCM',
      code: '110100',
      display: 'Application Activity',
    },
    subtype: [{ system: jobSystem, code: job, display }],
    action: 'E',
    period: { start: startedAt, end: endedAt },
    recorded: endedAt,
    outcome: outcomes[outcome],
    agent: [
      {
        type: {
          coding: [
            {
              system: 'http://dicom.nema.org/resources/ontology/DCM',
              code: '110150',
              display: 'Application',
            },
          ],
        },
        who: { display: 'Alongside, by itself' },
        name: `job/${job}`,
        requestor: false,
      },
    ],
    source: { observer: { display: 'Alongside' } },
    entity: [
      {
        name: `${job} ${slot}`,
        detail: [
          { type: 'slot', valueString: slot },
          { type: 'attempt', valueString: String(attempt) },
          ...Object.entries(counts).map(([type, count]) => ({ type, valueString: String(count) })),
        ],
      },
    ],
  };
}
