// Imports one NDJSON file in batches, from where an earlier run left off; what is refused goes into a file beside it, and what is to be known of the rest into another.
import type { OperationOutcomeIssue, Resource } from '@medplum/fhirtypes';
import { FhirError, invalid, malformed, tooLarge } from '../fhir/error.ts';
import { parseJson, toJson } from '../fhir/json.ts';
import { type Imported, importBatch } from '../workflows/bundles/import-batch.ts';
import type { WorkflowContext } from '../workflows/context.ts';
import type { ImportProgress } from './import-progress.ts';
import { type ImportState, importStateText } from './import-state.ts';
import { openLinesFile } from './lines-file.ts';
import { ndjsonLines } from './ndjson-lines.ts';

export interface ImportTools {
  readonly context: WorkflowContext;
  readonly served: ReadonlySet<string>;
  readonly progressOf: (start: ImportStart) => ImportProgress;
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
const idPattern = /^[A-Za-z0-9\-.]{1,64}$/;

/** In JSON: https://www.rfc-editor.org/rfc/rfc8259#section-2 */
const whiteSpace = new Set([0x20, 0x09, 0x0d, 0x0a]);
const isWhiteSpace = (byte: number) => whiteSpace.has(byte);

/** Throws FhirError for what cannot be stored at all, before it is validated. */
function resourceOf(bytes: Buffer | undefined, served: ReadonlySet<string>): Resource | undefined {
  if (bytes === undefined) throw tooLarge(`The line is longer than ${lineLimitBytes} bytes.`);
  if (bytes.every(isWhiteSpace)) return undefined;
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

/** Something to be said of a line. */
interface Said {
  readonly line: number;
  readonly issues: readonly OperationOutcomeIssue[];
}

/** One OperationOutcome a line, whose id says which line it is about. */
function outcomesText(said: readonly Said[]): string {
  return said
    .toSorted((left, right) => left.line - right.line)
    .map(({ line, issues }) => {
      const outcome = { resourceType: 'OperationOutcome', id: `line-${line}`, issue: issues };
      return `${toJson(outcome)}\n`;
    })
    .join('');
}

export interface ImportStart {
  /** Its full path. */
  readonly file: string;
  /** Where to begin. */
  readonly state: ImportState;
  /** What is kept of it in the database; undefined when nothing is. */
  readonly kept: string | undefined;
}

/**
 * The state when the file is through. What is said beside it is durable before the batch that it is about is stored; the state, which
 * counts it, is stored with the batch. Throws FhirError 409 when somebody else imports the file.
 */
export async function importFile(tools: ImportTools, begin: ImportStart): Promise<ImportState> {
  const { context, served } = tools;
  const { file, state: start } = begin;
  const progress = tools.progressOf(begin);
  const rejectedFile = openLinesFile(`${file}.rejected.ndjson`);
  const remarksFile = openLinesFile(`${file}.remarks.ndjson`);
  let { state, kept } = begin;
  let batch: Placed[] = [];
  let rejected: Said[] = [];
  let line = start.lines;

  /** What is to be said of the batch. */
  function saidOf({ refused, remarked }: Imported) {
    const lineOf = (at: number) => batch[at]?.line ?? 0;
    const refusals = refused.map(({ at, error }) => ({ line: lineOf(at), issues: error.issues }));
    return {
      refusals: [...rejected, ...refusals],
      remarks: remarked.map(({ at, issues }) => ({ line: lineOf(at), issues })),
    };
  }

  async function flush(endsAt: number): Promise<void> {
    let next = state;
    await importBatch(
      context,
      batch.map(({ resource }) => resource),
      async (imported, store) => {
        const { refusals, remarks } = saidOf(imported);
        const [refusalsText, remarksText] = [outcomesText(refusals), outcomesText(remarks)];
        next = {
          ...state,
          offset: endsAt,
          lines: line,
          rejected: state.rejected + refusals.length,
          rejectedBytes: state.rejectedBytes + Buffer.byteLength(refusalsText),
          remarked: state.remarked + remarks.length,
          remarkedBytes: state.remarkedBytes + Buffer.byteLength(remarksText),
        };
        // First: of two imports of one file, the other one ends here and leaves the files alone.
        await store.keepImportState({ file, from: kept, to: importStateText(next) });
        rejectedFile.append(state.rejectedBytes, refusalsText);
        remarksFile.append(state.remarkedBytes, remarksText);
      },
    );
    [state, kept, batch, rejected] = [next, importStateText(next), [], []];
    progress.show(state.offset, state.lines);
  }

  try {
    for await (const { bytes, endsAt } of ndjsonLines(file, start.offset, lineLimitBytes)) {
      line += 1;
      try {
        const resource = resourceOf(bytes, served);
        if (resource !== undefined) batch.push({ line, resource });
      } catch (error) {
        if (!(error instanceof FhirError)) throw error;
        rejected.push({ line, issues: error.issues });
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
