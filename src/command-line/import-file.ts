// Imports one NDJSON file in batches, from where an earlier run left off; what is refused goes into a file beside it, and what is to be known of the rest into another.
import type { OperationOutcomeIssue, Resource } from '@medplum/fhirtypes';
import { FhirError, invalid, malformed, tooLarge } from '../fhir/error.ts';
import { parseJson, toJson } from '../fhir/json.ts';
import { type ImportOptions, importBatch } from '../workflows/bundles/import-batch.ts';
import type { WorkflowContext } from '../workflows/context.ts';
import type { ImportProgress } from './import-progress.ts';
import type { ImportState, ImportStates } from './import-state.ts';
import { openLinesFile } from './lines-file.ts';
import { ndjsonLines } from './ndjson-lines.ts';

export interface ImportTools {
  readonly context: WorkflowContext;
  readonly served: ReadonlySet<string>;
  readonly states: ImportStates;
  readonly progressOf: (start: ImportState) => ImportProgress;
}

/** As for a resource that comes over HTTP. */
const lineLimitBytes = 1024 * 1024;
const batchLines = 500;
/** Long lines make smaller batches. */
const batchBytes = 8 * lineLimitBytes;

interface Placed {
  readonly line: number;
  readonly resource: Resource;
}
interface Rejected {
  readonly line: number;
  readonly error: FhirError;
}

const idPattern = /^[A-Za-z0-9\-.]{1,64}$/;

/** Throws FhirError for what cannot be stored at all, before it is validated. */
function resourceOf(bytes: Buffer | undefined, served: ReadonlySet<string>): Resource | undefined {
  if (bytes === undefined) throw tooLarge(`The line is longer than ${lineLimitBytes} bytes.`);
  // A space or a carriage return alone is an empty line too.
  if (bytes.length < 2 && bytes.toString('latin1').trim() === '') return undefined;
  const value = parseJson(bytes);
  if (typeof value !== 'object' || value === null || !('resourceType' in value)) {
    throw malformed('The line must be a JSON object with a resourceType.');
  }
  const resource = value as Resource;
  if (!served.has(resource.resourceType)) {
    throw invalid('This resource type is not served.', 'resourceType');
  }
  if (typeof resource.id !== 'string' || !idPattern.test(resource.id)) {
    throw invalid(
      'An imported resource needs its id: 1 to 64 letters, digits, hyphens and dots.',
      `${resource.resourceType}.id`,
    );
  }
  return resource;
}

interface Remarked {
  readonly line: number;
  readonly issues: readonly OperationOutcomeIssue[];
}

/** One OperationOutcome a line, whose id says which line it is about. */
function outcomesText(remarked: readonly Remarked[]): string {
  return remarked
    .toSorted((left, right) => left.line - right.line)
    .map(({ line, issues }) => {
      const outcome = { resourceType: 'OperationOutcome', id: `line-${line}`, issue: issues };
      return `${toJson(outcome)}\n`;
    })
    .join('');
}

export interface ImportStart {
  /** Where to begin. */
  readonly state: ImportState;
  /** An earlier run was at it: the batch that it was about may be stored already, and is not stored again. */
  readonly isResumed: boolean;
}

/** The state when the file is through. */
export async function importFile(
  tools: ImportTools,
  { state: start, isResumed }: ImportStart,
): Promise<ImportState> {
  const { context, served, states } = tools;
  const progress = tools.progressOf(start);
  const rejectedFile = openLinesFile(`${start.file}.rejected.ndjson`, start.rejectedBytes);
  const remarksFile = openLinesFile(`${start.file}.remarks.ndjson`, start.remarkedBytes);
  let state = start;
  let options: ImportOptions = { skipsSame: isResumed };
  let batch: Placed[] = [];
  let rejected: Rejected[] = [];
  let line = start.lines;

  async function flush(endsAt: number): Promise<void> {
    const { refused, remarked } = await importBatch(
      context,
      batch.map(({ resource }) => resource),
      options,
    );
    const lineOf = (at: number) => batch[at]?.line ?? 0;
    for (const { at, error } of refused) rejected.push({ line: lineOf(at), error });
    const remarks = remarked.map(({ at, issues }) => ({ line: lineOf(at), issues }));
    const refusals = rejected.map(({ line: at, error }) => ({ line: at, issues: error.issues }));
    state = {
      ...state,
      offset: endsAt,
      lines: line,
      rejected: state.rejected + rejected.length,
      rejectedBytes: state.rejectedBytes + rejectedFile.append(outcomesText(refusals)),
      remarked: state.remarked + remarks.length,
      remarkedBytes: state.remarkedBytes + remarksFile.append(outcomesText(remarks)),
    };
    states.write(state);
    [batch, rejected, options] = [[], [], { skipsSame: false }];
    progress.show(state.offset, state.lines);
  }

  // Before the first batch, so that a run that is interrupted in it is known to have been.
  states.write(start);
  try {
    for await (const { bytes, endsAt } of ndjsonLines(start.file, start.offset, lineLimitBytes)) {
      line += 1;
      try {
        const resource = resourceOf(bytes, served);
        if (resource !== undefined) batch.push({ line, resource });
      } catch (error) {
        if (!(error instanceof FhirError)) throw error;
        rejected.push({ line, error });
      }
      if (batch.length + rejected.length >= batchLines || endsAt - state.offset >= batchBytes)
        await flush(endsAt);
    }
    await flush(start.size);
  } finally {
    rejectedFile.close();
    remarksFile.close();
  }
  progress.end(state.offset, state.lines);
  rejectedFile.removeIfEmpty();
  remarksFile.removeIfEmpty();
  return state;
}
