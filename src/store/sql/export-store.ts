// Keeps exports in the service's database, beside its other tables.
import { type ExportJob, exportsAtOnce } from '../../bulk/export-job.ts';
import type { ExportHold, ExportLease, ExportStore } from '../../bulk/export-store.ts';
import type { Session } from './session.ts';
import { snapshotPage } from './snapshot-page.ts';
import type { Statements } from './statements.ts';
import type { StoreParts } from './store-parts.ts';

interface JobRow {
  readonly job_id: string;
  readonly client: string;
  readonly state: string;
  readonly transaction_ms: number;
  readonly finished_ms: number | null;
  readonly request: string;
  readonly place: string;
  readonly files: string;
  readonly claim: number;
}

const columns = 'job_id, client, state, transaction_ms, finished_ms, request, place, files, claim';

/** Those who took it up are counted from here. */
const firstClaim = 1;

/** The three texts were written by this file. */
function jobOf(row: JobRow): ExportJob {
  return {
    id: row.job_id,
    client: row.client,
    state: row.state as ExportJob['state'],
    transactionMs: row.transaction_ms,
    ...(row.finished_ms !== null && { finishedMs: row.finished_ms }),
    request: JSON.parse(row.request) as ExportJob['request'],
    place: JSON.parse(row.place) as ExportJob['place'],
    files: JSON.parse(row.files) as ExportJob['files'],
  };
}

function insert(statements: Statements, job: ExportJob, { owner, untilMs }: ExportLease): void {
  statements.run(
    `INSERT INTO export_job (${columns}, owner, lease_until_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    job.id,
    job.client,
    job.state,
    job.transactionMs,
    null,
    JSON.stringify(job.request),
    JSON.stringify(job.place),
    JSON.stringify(job.files),
    firstClaim,
    owner,
    untilMs,
  );
}

function isHeld(statements: Statements, { job, claim }: ExportHold): boolean {
  return statements.get('SELECT 1 FROM export_job WHERE job_id = ? AND claim = ?', job, claim) !== undefined;
}

export function exportStoreOver(session: Pick<Session, 'read' | 'write'>, parts: StoreParts): ExportStore {
  const selectRows = (statements: Statements, where: string, ...values: readonly (string | number)[]) =>
    statements.all<JobRow>(`SELECT ${columns} FROM export_job ${where}`, values);
  const select = (...asked: Parameters<typeof selectRows>) => selectRows(...asked).map(jobOf);

  return {
    add: ({ id, client, request }, lease) =>
      session.write((statements) => {
        const running = select(statements, "WHERE state = 'running'");
        if (running.some((other) => other.client === client)) {
          return { kind: 'busy', who: 'client' };
        }
        if (running.length >= exportsAtOnce) {
          return { kind: 'busy', who: 'others' };
        }
        // More may still be stored with the present millisecond.
        const transactionMs = parts.clock.now().getTime() - 1;
        const place = { typeAt: 0, afterId: '' };
        const job: ExportJob = { id, client, state: 'running', transactionMs, request, place, files: [] };
        insert(statements, job, lease);
        return { kind: 'added', job, hold: { job: id, claim: firstClaim } };
      }),

    writersEnded: () =>
      session.write((statements) => {
        const { waitForWriters } = statements.dialect;
        if (waitForWriters !== undefined) statements.run(waitForWriters);
      }),

    find: (id) => session.read((statements) => select(statements, 'WHERE job_id = ?', id)[0]),

    findByFile: (fileId) =>
      session.read(
        (statements) =>
          select(
            statements,
            `WHERE EXISTS (SELECT 1 FROM ${statements.dialect.elementsOf('files')} j WHERE ${statements.dialect.memberOf('id')} = ?)`,
            fileId,
          )[0],
      ),

    all: () => session.read((statements) => select(statements, 'ORDER BY transaction_ms, job_id')),

    takeOver: (freeAtMs, { owner, untilMs }) =>
      session.write((statements) =>
        selectRows(
          statements,
          "WHERE state = 'running' AND lease_until_ms <= ? ORDER BY transaction_ms, job_id",
          freeAtMs,
        ).map((row) => {
          const hold: ExportHold = { job: row.job_id, claim: row.claim + 1 };
          statements.run(
            'UPDATE export_job SET owner = ?, claim = ?, lease_until_ms = ? WHERE job_id = ?',
            owner,
            hold.claim,
            untilMs,
            hold.job,
          );
          return { job: jobOf(row), hold };
        }),
      ),

    renew: (hold, untilMs) =>
      session.write((statements) => {
        if (!isHeld(statements, hold)) return false;
        statements.run('UPDATE export_job SET lease_until_ms = ? WHERE job_id = ?', untilMs, hold.job);
        return true;
      }),

    save: ({ id, state, finishedMs, place, files }, hold) =>
      session.write((statements) => {
        if (!isHeld(statements, hold)) return false;
        statements.run(
          'UPDATE export_job SET state = ?, finished_ms = ?, place = ?, files = ? WHERE job_id = ?',
          state,
          finishedMs ?? null,
          JSON.stringify(place),
          JSON.stringify(files),
          id,
        );
        return true;
      }),

    remove: (id) =>
      session.write((statements) => {
        statements.run('DELETE FROM export_job WHERE job_id = ?', id);
      }),

    page: (ask) => session.read((statements) => snapshotPage(statements, ask, parts)),
  };
}
