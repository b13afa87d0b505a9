// Reads the parameters of a kick-off: https://hl7.org/fhir/uv/bulkdata/STU2/export.html#query-parameters
import type { OperationOutcomeIssue, ResourceType } from '@medplum/fhirtypes';
import { FhirError, invalid } from '../fhir/error.ts';
import type { ExportReach, ExportRequest } from './export-job.ts';

export interface Kickoff {
  readonly url: string;
  readonly reach: ExportReach;
  /** Names and values; a name may come twice. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
  /** What to do with a parameter that is not supported: refuse it, or leave it out with a note. */
  readonly handling: 'strict' | 'lenient';
}

export interface ExportableTypes {
  /** Every type that is served. */
  readonly served: readonly ResourceType[];
  /** Can a resource of this type lie in a patient's record? */
  isInRecords(type: string): boolean;
}

const formats = new Set(['application/fhir+ndjson', 'application/ndjson', 'ndjson']);
/** They say how to answer the kick-off itself. */
const general = new Set(['_format', '_pretty']);
const known = new Set(['_outputFormat', '_since', '_type', ...general]);
/** Leaving these out would give away more than was asked for, so that they are refused however unknown ones are to be handled. */
const narrowing = new Set(['patient', '_typeFilter', '_elements', '_until']);

// https://hl7.org/fhir/R4/datatypes.html#instant
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

function notSupported(severity: 'error' | 'warning', diagnostics: string): OperationOutcomeIssue {
  return { severity, code: 'not-supported', diagnostics };
}

function onlyValue(values: readonly string[], name: string): string | undefined {
  const [first, second] = values;
  if (second !== undefined) {
    throw invalid(`${name} may be given once only.`, name);
  }
  return first;
}

function sinceOf(value: string | undefined): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  // A "+" of the time zone that was not percent-encoded arrives as a space.
  const text = value.replace(/ (?=\d\d:\d\d$)/, '+');
  if (!instant.test(text) || Number.isNaN(Date.parse(text))) {
    throw invalid(
      '_since must be an instant with seconds and time zone, such as 2026-11-20T09:00:00Z.',
      '_since',
    );
  }
  return new Date(text).toISOString();
}

function typesOf(
  values: readonly string[],
  reach: ExportReach,
  types: ExportableTypes,
): readonly ResourceType[] {
  const isOffered = (type: ResourceType) => reach.kind === 'everything' || types.isInRecords(type);
  if (values.length === 0) {
    return types.served.filter(isOffered);
  }
  const names = new Set(values.flatMap((value) => value.split(',')).map((name) => name.trim()));
  return [...names].map((name) => {
    const type = types.served.find((one) => one === name);
    if (type === undefined) {
      throw invalid(`_type: "${name.slice(0, 64)}" is no resource type that is served.`, '_type');
    }
    if (!isOffered(type)) {
      throw invalid(`_type: ${type} lies in no patient's record; ask for it by /$export.`, '_type');
    }
    return type;
  });
}

/** Throws FhirError 400, naming each parameter that cannot be honoured. */
export function readExportRequest(kickoff: Kickoff, types: ExportableTypes): ExportRequest {
  const { parameters, handling, reach, url } = kickoff;
  const valuesOf = (name: string) => parameters.filter((pair) => pair[0] === name).map(([, value]) => value);
  const unknown = [...new Set(parameters.map(([name]) => name))].filter((name) => !known.has(name));
  const refused = unknown.filter((name) => handling === 'strict' || narrowing.has(name));
  if (refused.length > 0) {
    throw new FhirError(
      400,
      refused.map((name) => {
        const why = narrowing.has(name) ? ', and without it more would be given than was asked for' : '';
        return notSupported('error', `The parameter "${name.slice(0, 64)}" is not supported${why}.`);
      }),
    );
  }
  const format = onlyValue(valuesOf('_outputFormat'), '_outputFormat')?.replace('fhir ndjson', 'fhir+ndjson');
  if (format !== undefined && !formats.has(format)) {
    throw invalid(`_outputFormat must be one of ${[...formats].join(', ')}.`, '_outputFormat');
  }
  const since = sinceOf(onlyValue(valuesOf('_since'), '_since'));
  return {
    url,
    reach,
    types: typesOf(valuesOf('_type'), reach, types),
    ...(since !== undefined && { since }),
    notes: unknown.map((name) =>
      notSupported('warning', `The parameter "${name.slice(0, 64)}" is not supported and was left out.`),
    ),
  };
}
