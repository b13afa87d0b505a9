// Finds an export of whoever asks. Others', cancelled and expired ones are answered alike: they are not there.
import { type ExportFile, type ExportJob, isExpired } from '../../bulk/export-job.ts';
import { notFound } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { exportClient } from './export-client.ts';
import type { ExportRunner } from './export-runner.ts';
import type { ExportTools } from './export-tools.ts';

async function ownJob(
  context: WorkflowContext,
  tools: ExportTools,
  runner: ExportRunner,
  job: ExportJob | undefined,
): Promise<ExportJob | undefined> {
  if (job === undefined || job.client !== exportClient(context.actor)) return undefined;
  if (!isExpired(job, tools.clock.now().getTime())) return job;
  await runner.discard(job.id);
  return undefined;
}

/** Throws FhirError 404. */
export async function findExport(
  context: WorkflowContext,
  tools: ExportTools,
  runner: ExportRunner,
  id: string,
): Promise<ExportJob> {
  const job = await ownJob(context, tools, runner, await tools.jobs.find(id));
  if (job === undefined) {
    throw notFound('There is no such export, or it was cancelled, or its time is over.');
  }
  return job;
}

/** A file of a finished export. Throws FhirError 404. */
export async function findExportFile(
  context: WorkflowContext,
  tools: ExportTools,
  runner: ExportRunner,
  fileId: string,
): Promise<{ readonly job: ExportJob; readonly file: ExportFile }> {
  const job = await ownJob(context, tools, runner, await tools.jobs.findByFile(fileId));
  const file = job?.state === 'done' ? job.files.find(({ id }) => id === fileId) : undefined;
  if (job === undefined || file === undefined) {
    throw notFound('There is no such file, or its export was cancelled, or its time is over.');
  }
  return { job, file };
}
