// The files of exports as rows of the database, so that every node can go on with them and give them out.
import { Readable } from 'node:stream';
import { checkedName, type FileWriter, HoldLost, type JobFiles } from '../../runtime/job-files.ts';
import { patiently } from '../patiently.ts';
import type { Session } from '../sql/session.ts';
import type { Statements } from '../sql/statements.ts';

interface ChunkRow {
  readonly from_byte: number;
  readonly bytes: number;
}

/** Throws HoldLost when another one has taken the job up, or it was removed: in the same transaction, so that it stays true. */
function demandHold(statements: Statements, { job, claim }: FileWriter): void {
  const held = statements.get('SELECT 1 FROM export_job WHERE job_id = ? AND claim = ?', job, claim);
  if (held === undefined) throw new HoldLost();
}

/** The answer has begun, and cannot become a refusal any more. */
const givingOut = { withinMs: 15_000, pauseMs: 500 };

export function exportChunks(session: Pick<Session, 'read' | 'write'>): JobFiles {
  const read: typeof session.read = (work) => patiently(givingOut, () => session.read(work));

  async function* textsOf(job: string, file: string): AsyncGenerator<string> {
    // Listed first: a file that is removed while it is read must not look whole.
    const chunks = await read((statements) =>
      statements.all<ChunkRow>(
        'SELECT from_byte, bytes FROM export_chunk WHERE job_id = ? AND file_id = ? ORDER BY from_byte',
        [job, file],
      ),
    );
    for (const { from_byte } of chunks) {
      const row = await read((statements) =>
        statements.get<{ readonly body: string }>(
          'SELECT body FROM export_chunk WHERE job_id = ? AND file_id = ? AND from_byte = ?',
          job,
          file,
          from_byte,
        ),
      );
      if (row === undefined) throw new Error('The file of an export was removed while it was read.');
      yield row.body;
    }
  }

  return {
    append: (writer, file, fromBytes, text) =>
      session.write((statements) => {
        demandHold(statements, writer);
        const bytes = Buffer.byteLength(text);
        statements.run(
          'DELETE FROM export_chunk WHERE job_id = ? AND file_id = ? AND from_byte >= ?',
          writer.job,
          file,
          fromBytes,
        );
        statements.run(
          'INSERT INTO export_chunk (job_id, file_id, from_byte, bytes, body) VALUES (?, ?, ?, ?, ?)',
          writer.job,
          checkedName(file),
          fromBytes,
          bytes,
          text,
        );
        return fromBytes + bytes;
      }),

    seal: (writer, files) =>
      session.write((statements) => {
        demandHold(statements, writer);
        statements.run(
          `DELETE FROM export_chunk WHERE job_id = ? AND file_id NOT IN (SELECT f.value FROM ${statements.dialect.textsIn} f (value))`,
          writer.job,
          JSON.stringify(files),
        );
      }),

    read: (job, file) => Readable.from(textsOf(job, file), { objectMode: false }),

    // They go with the row of their job, too.
    remove: (job) =>
      session.write((statements) => {
        statements.run('DELETE FROM export_chunk WHERE job_id = ?', job);
      }),

    async jobs() {
      const rows = await session.read((statements) =>
        statements.all<{ readonly job_id: string }>('SELECT DISTINCT job_id FROM export_chunk', []),
      );
      return rows.map(({ job_id }) => job_id);
    },

    removeAll: () =>
      session.write((statements) => {
        statements.run('DELETE FROM export_chunk');
      }),
  };
}
