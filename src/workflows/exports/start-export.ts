// Begins an export: https://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-kick-off-request
import type { Group } from '@medplum/fhirtypes';
import type { ExportJob } from '../../bulk/export-job.ts';
import { memberPatients } from '../../bulk/member-patients.ts';
import { type Kickoff, readExportRequest } from '../../bulk/read-export-request.ts';
import { FhirError } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { membersNow } from '../groups/members-now.ts';
import { readResource } from '../resources/read-resource.ts';
import { exportClient } from './export-client.ts';
import type { ExportRunner } from './export-runner.ts';
import type { ExportTools } from './export-tools.ts';

export interface ExportStart extends Omit<Kickoff, 'reach'> {
  readonly level: { readonly kind: 'system' | 'patient' } | { readonly kind: 'group'; readonly id: string };
  /** The service's own FHIR address, so that an absolute reference to it counts as local. */
  readonly base: string;
  /** Notes down what begins; when that fails, nothing does. */
  readonly announce: (job: ExportJob) => Promise<void>;
}

const retryAfterSeconds = 60;

async function reachOf(context: WorkflowContext, { level, base }: ExportStart): Promise<Kickoff['reach']> {
  switch (level.kind) {
    case 'system':
      return { kind: 'everything' };
    case 'patient':
      return { kind: 'all-patients' };
    case 'group': {
      // Asked for as a Group, answered as one.
      const group = (await readResource(context, 'Group', level.id)).resource() as Group;
      return { kind: 'patients', ids: memberPatients(membersNow(context, group), base) };
    }
  }
}

/** The job, which runs from now on. Throws FhirError 400 (parameters), 404 or 410 (the Group), 429 (too many at once). */
export async function startExport(
  context: WorkflowContext,
  tools: ExportTools,
  runner: ExportRunner,
  start: ExportStart,
): Promise<ExportJob> {
  const request = readExportRequest({ ...start, reach: await reachOf(context, start) }, tools.types);
  const { owner, leaseMs, clock } = tools;
  const added = await tools.jobs.add(
    { id: tools.newName(), client: exportClient(context.actor), request },
    { owner, untilMs: clock.now().getTime() + leaseMs },
  );
  if (added.kind === 'busy') {
    const diagnostics =
      added.who === 'client'
        ? 'An export of yours is running: wait for its end, or cancel it.'
        : 'As many exports as may run at the same time are running: try again later.';
    throw new FhirError(429, [{ severity: 'error', code: 'throttled', diagnostics }], {
      headers: { 'Retry-After': String(retryAfterSeconds) },
    });
  }
  try {
    await start.announce(added.job);
  } catch (error) {
    await runner.discard(added.job.id);
    throw error;
  }
  runner.begin(added);
  return added.job;
}
