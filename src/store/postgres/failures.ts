// What can go wrong between here and PostgreSQL, and what it means for a client.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
import { businessRule, FhirError, invalid } from '../../fhir/error.ts';

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** Another transaction came in between: this one was undone, and the same again may well succeed. */
const beaten = new Set(['40001', '40P01']);

/** Names of unique constraints that a concurrent write of the same thing runs into; seen again, the thing is found. */
const decidedByUniqueness = new Set([
  'claim_pkey',
  'resource_address',
  'kept_answer_pkey',
  'version_pkey',
  'job_run_pkey',
]);

export function wasBeaten(error: unknown): boolean {
  const code = codeOf(error);
  return (
    beaten.has(code) ||
    (code === '23505' &&
      error instanceof Error &&
      'constraint' in error &&
      decidedByUniqueness.has(String(error.constraint)))
  );
}

/** What is said of a database that is known not to answer, without asking it again. */
export class NotAnswering extends Error {
  constructor() {
    super('The database does not answer.');
    this.name = 'NotAnswering';
  }
}

/** Somebody else held a lock for too long. */
export function waitedForLock(error: unknown): boolean {
  return codeOf(error) === '55P03';
}

const networkCodes = /^(E[A-Z]+|08...|57P0.)$/;
/** The driver has no codes for these. */
const driverMessages =
  /^(Connection terminated|timeout expired|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Cannot use a pool after|The store is closed)/;
/** Nobody said anything for longer than the server lets a statement or the kernel a connection take. */
const silentMessages =
  /^(Query read timeout|timeout expired|Connection terminated due to connection timeout)/;
/** All connections were in use: that says nothing about the database. */
const noneFree = /^timeout exceeded when trying to connect/;

/** The connection is gone or does not answer. What was sent last may have happened or not. */
export function isConnectionLost(error: unknown): boolean {
  return (
    error instanceof NotAnswering ||
    (error instanceof Error && (networkCodes.test(codeOf(error)) || driverMessages.test(error.message)))
  );
}

/** The database is silent: asking it again would only wait again. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof NotAnswering || (error instanceof Error && silentMessages.test(error.message));
}

/** The connection is gone and a new one may be better: what may be done twice is worth doing again. */
export function isWorthReconnecting(error: unknown): boolean {
  return (
    isConnectionLost(error) &&
    !isUnanswered(error) &&
    !(error instanceof Error && noneFree.test(error.message))
  );
}

/** A server that only reads: a standby, or the former main server after another took over. */
function onlyReads(error: Error, code: string): boolean {
  return code === '25006' || (code === '0A000' && error.message.includes('standby'));
}

function unavailable(diagnostics: string, cause: unknown, code: 'transient' | 'timeout' = 'transient') {
  return new FhirError(503, [{ severity: 'error', code, diagnostics }], {
    cause,
    headers: { 'Retry-After': '2' },
  });
}

/** Nothing was stored for certain. */
export function notStored(cause: unknown): FhirError {
  return unavailable('The database is busy or cannot be reached; nothing was stored. Try again.', cause);
}

/** The connection was lost after COMMIT had been sent. */
export function perhapsStored(cause: unknown): FhirError {
  return unavailable(
    'The connection to the database was lost while the change was being stored: it may have been stored or not. ' +
      'Look before you repeat it; a repetition with the same Idempotency-Key is safe.',
    cause,
  );
}

/** A driver's error as the refusal that a client is to see; any other comes back as it is. */
export function asRefusal(error: unknown): unknown {
  const code = codeOf(error);
  if (error instanceof FhirError || !(error instanceof Error)) {
    return error;
  }
  // 53: no room, no memory, no connection left.
  if (
    isConnectionLost(error) ||
    code.startsWith('53') ||
    waitedForLock(error) ||
    wasBeaten(error) ||
    onlyReads(error, code)
  ) {
    return notStored(error);
  }
  if (code === '57014') {
    return unavailable(
      'This takes longer than a call may; nothing was stored. Ask for less.',
      error,
      'timeout',
    );
  }
  if (code === '54000') {
    return businessRule('A value by which the resource would be found is longer than can be searched for.');
  }
  // What a page link of somebody's own making may hold: a text where a number stood.
  return code.startsWith('22') ? invalid('A value in this call does not fit what is stored.') : error;
}
