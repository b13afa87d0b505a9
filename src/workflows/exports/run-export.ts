// Carries an export out, step by step, from where it stands: https://hl7.org/fhir/uv/bulkdata/STU2/export.html
import type { ResourceType } from '@medplum/fhirtypes';
import { deletionLine } from '../../bulk/deletion-line.ts';
import { chunkSize, type ExportFile, type ExportJob } from '../../bulk/export-job.ts';
import type { ExportHold, HeldJob } from '../../bulk/export-store.ts';
import { toJson } from '../../fhir/json.ts';
import { HoldLost } from '../../runtime/job-files.ts';
import { nextTurn } from '../../runtime/next-turn.ts';
import { pauseUnless } from '../../runtime/pause.ts';
import type { ExportTools } from './export-tools.ts';

/**
 * Resolves when the export is done, or when `isStopping` said so between two steps: it can then be gone on with later, because
 * the job says up to where its files are whole, and what a crash leaves beyond is cut off. Throws HoldLost when somebody else carries
 * it out now.
 */
export async function runExport(
  tools: ExportTools,
  { job: started, hold }: HeldJob,
  isStopping: () => boolean,
): Promise<void> {
  let job = started;
  // What has its instant before that of the export belongs to it, and may still be on its way.
  await pauseUnless(tools.settleMs, isStopping);
  if (isStopping()) return;
  await tools.jobs.writersEnded();
  for (;;) {
    // Before each step, and before the last one too.
    await nextTurn();
    if (isStopping()) return;
    const type = job.request.types[job.place.typeAt];
    if (type === undefined) break;
    job = await step(tools, job, hold, type);
  }
  await finish(tools, job, hold);
}

async function save(tools: ExportTools, job: ExportJob, hold: ExportHold): Promise<void> {
  if (!(await tools.jobs.save(job, hold))) throw new HoldLost();
}

async function step(
  tools: ExportTools,
  job: ExportJob,
  hold: ExportHold,
  type: ResourceType,
): Promise<ExportJob> {
  const { request, place, transactionMs } = job;
  const { resources, deleted, lastId } = await tools.jobs.page({
    type,
    afterId: place.afterId,
    count: chunkSize,
    atMs: transactionMs,
    ...(request.since !== undefined && { sinceMs: Date.parse(request.since) }),
    reach: request.reach,
  });
  const withOutput = await written(tools, job, hold, { part: 'output', type, lines: resources });
  const deletions = deleted.length === 0 ? [] : [deletionLine(type, deleted)];
  const moved: ExportJob = {
    ...(await written(tools, withOutput, hold, { part: 'deleted', type: 'Bundle', lines: deletions })),
    place:
      lastId === undefined
        ? { typeAt: place.typeAt + 1, afterId: '' }
        : { typeAt: place.typeAt, afterId: lastId },
  };
  // A step that wrote nothing is as quickly done again as noted down.
  if (moved.files !== job.files) await save(tools, moved, hold);
  return moved;
}

/** The job with these lines in its file of that part and type, which is begun with the first of them. */
async function written(
  tools: ExportTools,
  job: ExportJob,
  hold: ExportHold,
  add: { readonly part: ExportFile['part']; readonly type: ResourceType; readonly lines: readonly string[] },
): Promise<ExportJob> {
  const { part, type, lines } = add;
  if (lines.length === 0) return job;
  const known = job.files.find((file) => file.part === part && file.type === type);
  const file = known ?? { id: tools.newName(), part, type, count: 0, bytes: 0 };
  const bytes = await tools.files.append(hold, file.id, file.bytes, `${lines.join('\n')}\n`);
  const longer: ExportFile = { ...file, count: file.count + lines.length, bytes };
  const files =
    known === undefined
      ? [...job.files, longer]
      : job.files.map((one) => (one.id === file.id ? longer : one));
  return { ...job, files };
}

/** The files get their names first; only then is the job done, and its manifest shown. */
async function finish(tools: ExportTools, job: ExportJob, hold: ExportHold): Promise<void> {
  const { notes } = job.request;
  const line = toJson({ resourceType: 'OperationOutcome', issue: notes });
  const whole = await written(tools, job, hold, {
    part: 'error',
    type: 'OperationOutcome',
    lines: notes.length === 0 ? [] : [line],
  });
  await tools.files.seal(
    hold,
    whole.files.map(({ id }) => id),
  );
  await save(tools, { ...whole, state: 'done', finishedMs: tools.clock.now().getTime() }, hold);
  tools.log.info('export done', {
    job: whole.id,
    files: whole.files.length,
    resources: whole.files.reduce((sum, { part, count }) => sum + (part === 'output' ? count : 0), 0),
  });
}
