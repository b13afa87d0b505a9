// What a client reads when its export is done: https://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status
import type { ExportFile, ExportJob } from './export-job.ts';

interface ManifestFile {
  readonly type: string;
  readonly url: string;
  readonly count: number;
}

interface ExportManifest {
  readonly transactionTime: string;
  readonly request: string;
  readonly requiresAccessToken: true;
  readonly output: readonly ManifestFile[];
  /** Bundles of what was deleted; only when the request had `_since`. */
  readonly deleted?: readonly ManifestFile[];
  readonly error: readonly ManifestFile[];
}

export function exportManifest(job: ExportJob, base: string): ExportManifest {
  const filesOf = (part: ExportFile['part']) =>
    job.files
      .filter((file) => file.part === part)
      .map(({ type, id, count }) => ({ type, url: `${base}/$export-file/${id}`, count }));
  return {
    transactionTime: new Date(job.transactionMs).toISOString(),
    request: job.request.url,
    requiresAccessToken: true,
    output: filesOf('output'),
    ...(job.request.since !== undefined && { deleted: filesOf('deleted') }),
    error: filesOf('error'),
  };
}
