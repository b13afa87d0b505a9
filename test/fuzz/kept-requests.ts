// Requests that once were answered wrongly. A run that fails writes its smallest request into the folder "kept", where the next run,
// and every run after it, sends it again: commit the file together with what mends the fault.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc, { type RunDetails } from 'fast-check';
import type { FuzzRequest } from './requests.ts';

interface KeptRequest {
  /** What was wrong, as the run said it or in a person's words. */
  readonly found: string;
  /** FUZZ_SEED of the run that found it; absent when a person wrote it down. */
  readonly seed?: number;
  readonly request: Omit<FuzzRequest, 'body'> & { readonly body?: string };
}

export interface Kept {
  readonly name: string;
  readonly found: string;
  readonly request: FuzzRequest;
}

export function keptRequests(folder: string): readonly Kept[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => {
      const { found, request } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as KeptRequest;
      return { name, found, request: { ...request, body: request.body } };
    });
}

/** Throws what fast-check has to say of a run that failed, its seed included, after the request was written down. */
export function keepFailing(folder: string, run: RunDetails<[FuzzRequest]>): void {
  const [request] = run.counterexample ?? [];
  if (!run.failed || request === undefined) return;
  const found = run.errorInstance instanceof Error ? run.errorInstance.message : String(run.errorInstance);
  const kept: KeptRequest = { found, seed: run.seed, request: withoutNothing(request) };
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `seed-${run.seed}-${run.numRuns}.json`);
  writeFileSync(file, `${JSON.stringify(kept, undefined, 2)}\n`);
  throw new Error(`FUZZ_SEED=${run.seed} failed; kept in ${file}.\n${fc.defaultReportMessage(run)}`, {
    cause: run.errorInstance,
  });
}

function withoutNothing({ body, ...request }: FuzzRequest): KeptRequest['request'] {
  return body === undefined ? request : { ...request, body };
}
